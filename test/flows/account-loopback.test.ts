import { describe, expect, it } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import {
  type AccountPage,
  follow,
  openAccount,
  press,
  signInToAccount,
  textOf,
  tokenIn,
} from "../support/account.ts";
import { arrange, everything, signInAgain } from "../support/account-arranged.ts";
import { forge, NAMES, withCookie } from "../support/account-forms.ts";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { openBrowser, stateOf } from "../support/person.ts";
import type { TestServer } from "../support/server.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import { leadsTo, signInThere, startSignInServer } from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import { steal } from "../support/thief.ts";
import { PASSWORD } from "../support/users.ts";

// The account page of a loopback issuer: other programs on the computer read its cookies, and set them.

describe("on a loopback issuer, whose cookies go to every port", () => {
  const LOCAL = "http://localhost:4321";
  const formsOf = (html: string) => html.split("<form").slice(1);

  it("each form and each link has a token beside the cookie, and the way around works without another sign-in", async () => {
    const at = await arrange({ publicUrl: LOCAL });
    for (const form of formsOf(at.page.html)) expect(tokenIn(form)).toBe(at.page.token);
    const answer = await press(at.browser, at.page, "end_session", { session: "x" });
    expect(answer.headers.get("location")).toMatch(/^http:\/\/localhost:4321\/account\?page_token=/);
    const page = await follow(at.browser, answer);
    for (const action of ["sign_in_again", "link"] as const) {
      const begun = await press(at.browser, page, action, { method: "github" });
      const state = stateOf(begun.headers.get("location"));
      const login = await (
        await at.browser.request(`/oauth/login?${new URLSearchParams({ state, choose: "" })}`)
      ).text();
      const [, back = ""] = /href="([^"]*\/account[^"]*)"/.exec(login) ?? [];
      expect(textOf((await openAccount(at.browser, back.replaceAll("&amp;", "&"))).html)).toContain(
        "ada of the test",
      );
    }
    await signInAgain(at, page);
  });

  it("lasts ten minutes, however it is used", async () => {
    const at = await arrange({ publicUrl: LOCAL });
    const { page } = at;
    for (let minute = 0; minute < 9; minute++) {
      expect((await at.browser.request(urlOf(page))).status).toBe(200);
      at.server.advance(60);
    }
    at.server.advance(59);
    expect((await at.browser.request(urlOf(page))).status).toBe(200);
    at.server.advance(1);
    expect(leadsTo(await at.browser.request(urlOf(page)))).toBe("/oauth/login");
    expect((await press(at.browser, page, "sign_out")).status).toBe(403);
  });

  it("another program that has every cookie sees and changes nothing", async () => {
    const at = await arrange({ publicUrl: LOCAL });
    const before = await everything(at.server);
    const cookie = at.browser.cookie();
    expect(cookie).toContain("gatehouse-account=");
    const program = withCookie(at, cookie);
    const seen: string[] = [];
    for (const path of ["/account", "/account?signed_out", "/account?page_token=", "/account?page_token=x"]) {
      const answer = await program.request(path);
      expect(leadsTo(answer)).toBe("/oauth/login");
      seen.push(
        await answer.text(),
        await (await program.request(answer.headers.get("location") ?? "")).text(),
      );
    }
    for (const action of NAMES) {
      const { answer } = await forge(action, at, (send) =>
        send({ token: "", headers: { "sec-fetch-site": undefined, origin: undefined } }),
      );
      expect(answer.status).toBe(403);
      seen.push(await answer.text());
    }
    const { client_id } = await register(atLocal(at.server));
    const codes = await steal(atLocal(at.server), {
      cookies: [cookie, cookie.replaceAll("gatehouse-account", "gatehouse-session")],
      states: [at.page.token],
      clientId: client_id,
      redirectUri: "http://127.0.0.1:33418/callback",
    });
    expect(codes).toEqual([]);
    expect(seen.join(" ")).not.toMatch(/ada|page_token/);
    expect(await everything(at.server)).toBe(before);
  });

  it("another program that signs in as its own person, with the cookie, ends no session of anyone else", async () => {
    const at = await arrange({ publicUrl: LOCAL });
    await signInToAccount(withCookie(at, at.browser.cookie()), "grace", PASSWORD);
    expect((await at.browser.request(urlOf(at.page))).status).toBe(200);
  });

  it("a new sign-in of the same person, for a change, ends the one before", async () => {
    const at = await arrange({ publicUrl: LOCAL });
    const before = (await at.server.store.listSessions("id of ada", at.server.now())).length;
    await signInAgain(at, at.page);
    expect(await at.server.store.listSessions("id of ada", at.server.now())).toHaveLength(before);
  });

  it("/authorize does not read it, and asks for a sign-in", async () => {
    const at = await arrange({ publicUrl: LOCAL });
    const { client_id } = await register(atLocal(at.server));
    const url = new URL(authorizeUrl(client_id, newPkce().challenge, { resource: undefined }));
    const answer = await at.browser.request(`${url.pathname}${url.search}`);
    expect(leadsTo(answer)).toBe("/oauth/login");
  });

  it("a cookie that another program set shows no page", async () => {
    const at = await arrange({ publicUrl: LOCAL });
    const planted = /gatehouse-account=[^;]+/.exec(at.grace.cookie())?.[0] ?? "";
    const victim = withCookie(at, planted);
    expect(leadsTo(await victim.request("/account"))).toBe("/oauth/login");
    const page = await signInToAccount(victim, "ada", PASSWORD);
    expect(textOf(page.html)).toContain("ada of the test");
  });

  it("another program that begins a link, and plants its cookies in a browser, gets no one's way to sign in", async () => {
    const [double, network] = [await startIdentityDouble(), openNetwork()];
    const own = password((id, typed) => (typed === PASSWORD ? { id, name: `${id} of the test` } : null));
    const provider = oidc({
      issuer: double.issuer,
      name: "idp",
      label: "Provider",
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
    });
    const server = await startSignInServer([own, provider], network, { publicUrl: LOCAL });
    const attacker = openBrowser(server, LOCAL);
    const page = await signInToAccount(attacker, "mallory", PASSWORD);
    const toStart = await press(attacker, page, "link", { method: "idp" });
    const toProvider = await attacker.request(toStart.headers.get("location") ?? "");
    const providerUrl = new URL(toProvider.headers.get("location") ?? "");
    // The victim is led there, is signed in there, and comes back with the cookies that the program planted.
    const victim = withCookie({ server, publicUrl: LOCAL }, attacker.cookie());
    const shown = await follow(
      victim,
      await victim.request((await signInThere({ providerUrl }, network)).href),
    );
    expect(textOf(shown.html)).toMatch(
      /Link Provider \(.+\) to the account of mallory of the test\?.* ID mallory/,
    );
    // The program has the cookies, and the token of its own page.
    expect((await press(attacker, page, "confirm_link")).status).toBe(400);
    await attacker.request(urlOf(page));
    expect((await server.store.listIdentities("mallory")).map(({ method }) => method)).toEqual(["password"]);
    const audit = await server.store.readAudit({ order: "newest_first", limit: 100 });
    expect(audit.filter(({ event }) => event === "identity.linked")).toEqual([]);
  });
});

/** The account page's own address, with its token. */
function urlOf({ token }: Pick<AccountPage, "token">): string {
  return `/account?${new URLSearchParams({ page_token: token })}`;
}

/** The helpers of other tests ask for https://mcp.example. */
function atLocal(server: Pick<TestServer, "fetch">): Pick<TestServer, "fetch"> {
  return {
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      const body = method === "GET" ? undefined : await request.text();
      return server.fetch(
        new Request(`http://localhost:4321${pathname}${search}`, {
          method,
          headers,
          body: body ?? null,
          redirect: "manual",
        }),
      );
    },
  };
}
