import { describe, expect, it } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { authorizeUrl, codeOf, newPkce, redeem, tokensOf, whoami } from "../support/client.ts";
import { type Browser, decide, openBrowser, stateOf } from "../support/person.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import {
  atOwnHost,
  goToProvider,
  leadsTo,
  reasonIn,
  signInThere,
  startSignInServer,
} from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";

// A sign-in travels in a cookie of its own while the person is at the provider.

async function start(options: OAuthServerOptions = {}) {
  const network = openNetwork();
  const provider = await startIdentityDouble();
  const method = oidc({ issuer: provider.issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET });
  return { network, provider, server: await startSignInServer([method], network, options) };
}

function cookiesOf(browser: Browser): readonly string[] {
  return browser
    .cookie()
    .split("; ")
    .filter((cookie) => cookie.includes("gatehouse-sign-in-"));
}

describe("the cookie of a sign-in", () => {
  it("is for this host over https, for the browser's eyes only, and for ten minutes", async () => {
    const { server } = await start();
    const { browser, state } = await goToProvider(server, "oidc");
    const begun = await browser.request(`/oauth/sign-in/oidc?${new URLSearchParams({ state })}`);
    const [line = ""] = begun.headers.getSetCookie();
    expect(line).toMatch(
      /^__Host-gatehouse-sign-in-[\w-]{8}=\S+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  it("goes with the answer, whatever that is", async () => {
    const { server, network, provider } = await start();
    const well = await goToProvider(server, "oidc");
    await well.browser.request((await signInThere(well, network)).href);
    expect(cookiesOf(well.browser)).toEqual([]);
    provider.say({ answer: { error: "access_denied" } });
    const badly = await goToProvider(server, "oidc");
    expect(cookiesOf(badly.browser)).toHaveLength(1);
    await badly.browser.request((await signInThere(badly, network)).href);
    expect(cookiesOf(badly.browser)).toEqual([]);
  });

  it("is one of four at most, and the oldest go: each of the others ends where it should", async () => {
    const { server, network } = await start();
    const browser = openBrowser(server);
    const begun = [];
    for (let i = 0; i < 6; i++) {
      server.advance(1);
      begun.push(await goToProvider(server, "oidc", { browser }));
    }
    expect(cookiesOf(browser)).toHaveLength(4);
    const answers = [];
    for (const one of begun)
      answers.push(leadsTo(await browser.request((await signInThere(one, network)).href)));
    expect(answers).toEqual(["page 400", "page 400", ...Array(4).fill("/oauth/consent")]);
  });

  it("that others have set is older than all: it pushes none out", async () => {
    const { server } = await start();
    const { browser, state } = await goToProvider(server, "oidc");
    const planted = ["aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"].map(
      (id) => `__Host-gatehouse-sign-in-${id}=rubbish`,
    );
    const response = await browser.request(`/oauth/sign-in/oidc?${new URLSearchParams({ state })}`, {
      headers: { cookie: [browser.cookie(), ...planted].join("; ") },
    });
    const expired = response.headers.getSetCookie().filter((line) => line.includes("Max-Age=0"));
    expect(expired).toHaveLength(2);
    expect(expired.join()).toMatch(
      /(aaaaaaaa|bbbbbbbb|cccccccc|dddddddd).*(aaaaaaaa|bbbbbbbb|cccccccc|dddddddd)/,
    );
  });

  it("is never larger than browsers keep: a request that is too large is told so, and other ways are offered", async () => {
    const { server, network } = await start();
    const fits = await goToProvider(server, "oidc", { params: { state: "s".repeat(900) } });
    expect(leadsTo(await fits.browser.request((await signInThere(fits, network)).href))).toBe(
      "/oauth/consent",
    );
    const { browser, providerUrl } = await goToProvider(server, "oidc", {
      params: { state: "s".repeat(3000) },
    });
    expect(`${providerUrl.pathname} ${providerUrl.searchParams.get("problem")}`).toBe(
      "/oauth/login too_large",
    );
    const page = await browser.request(providerUrl.href);
    expect(await page.text()).toContain("its request is too large");
    expect(reasonIn(server)).toBe("the cookie would be larger than browsers keep");
    expect(cookiesOf(browser)).toEqual([]);
  });
});

describe.each(["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"])(
  "on the loopback issuer %s every program on the computer is sent the cookies",
  (publicUrl) => {
    const loopback = { publicUrl };

    it("and people sign in through a provider, up to a tool that knows them", async () => {
      const { server, network } = await start(loopback);
      const begun = await goToProvider(server, "oidc");
      expect(begun.providerUrl.searchParams.get("redirect_uri")).toBe(`${publicUrl}/oauth/callback/oidc`);
      const response = await begun.browser.request((await signInThere(begun, network)).href);
      const state = stateOf(response.headers.get("location"));
      const approved = await decide(begun.browser, state, "approve", ["mcp"]);
      const here = atOwnHost(server);
      const code = codeOf(approved.headers.get("location"));
      const resource = `${publicUrl}/mcp`;
      const tokens = await tokensOf(redeem(here, begun.clientId, { ...begun, code }, { resource }));
      const [known] = await server.store.listPeople({ now: server.now(), limit: 10 });
      expect((await whoami(here, tokens.access_token)).person.id).toBe(known?.person.id);
    });

    it("which alone give it nothing: no sign-in, no state, nothing to send to the provider", async () => {
      const { server, network, provider } = await start(loopback);
      const begun = await goToProvider(server, "oidc");
      const cookie = begun.browser.cookie();
      expect(cookie).toMatch(/(^|; )gatehouse-sign-in-/);
      const request = (path: string) => openBrowser(server, publicUrl).request(path, { headers: { cookie } });

      // The program can go to the provider as itself, and get a code of its own.
      const own = new URL(begun.providerUrl);
      own.searchParams.set("state", "a".repeat(43));
      const code = (await signInThere({ providerUrl: own }, network)).searchParams.get("code") ?? "";
      const names = [...cookie.matchAll(/gatehouse-sign-in-([\w-]{8})=([^;]*)/g)];
      const guesses = names.flatMap(([, id = "", value = ""]) => [
        id + "a".repeat(35),
        value.slice(-43),
        value.split("~")[1]?.slice(0, 43) ?? "",
      ]);
      for (const state of ["", ...guesses]) {
        const answered = await request(`/oauth/callback/oidc?${new URLSearchParams({ code, state })}`);
        expect(leadsTo(answered)).toBe("page 400");
      }
      for (const path of ["/oauth/login", "/oauth/consent", "/oauth/sign-in/oidc", "/oauth/callback/oidc"]) {
        expect(leadsTo(await request(path))).toBe("page 400");
      }
      expect(provider.exchanges).toEqual([]);
      expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
    });

    it("and give it nothing after the sign-in either: it has not seen the sealed request", async () => {
      const { server, network } = await start(loopback);
      const begun = await goToProvider(server, "oidc");
      const callback = await signInThere(begun, network);
      const response = await begun.browser.request(callback.href);
      expect(leadsTo(response)).toBe("/oauth/consent");
      const cookie = begun.browser.cookie();
      const program = (path: string) => openBrowser(server, publicUrl).request(path, { headers: { cookie } });
      // What it can have: the cookies, and what carried no one's name.
      for (const path of [
        "/oauth/consent",
        `/oauth/consent?${new URLSearchParams({ state: begun.state })}`,
      ]) {
        const answered = await program(path);
        expect(answered.status).toBeGreaterThanOrEqual(400);
        expect(await answered.text()).not.toContain("Approve");
      }
      expect((await program(callback.href)).status).toBe(400);
      expect(stateOf(response.headers.get("location"))).not.toBe(begun.state);
    });

    it("nor at the account page, which a sign-in through a provider opens too", async () => {
      const { server, network } = await start(loopback);
      const browser = openBrowser(server, publicUrl);
      const toLogin = await browser.request("/account");
      const begun = await browser.request(toLogin.headers.get("location") ?? "");
      const toProvider = await browser.request(begun.headers.get("location") ?? "");
      const providerUrl = new URL(toProvider.headers.get("location") ?? "");
      const back = await browser.request((await signInThere({ providerUrl }, network)).href);
      expect(leadsTo(back)).toBe("/account");
      const page = await browser.request(back.headers.get("location") ?? "");
      expect(page.status).toBe(200);
      const headers = { cookie: browser.cookie() };
      const program = openBrowser(server, publicUrl);
      expect(leadsTo(await program.request("/account", { headers }))).toBe("/oauth/login");
      const clientId = (await goToProvider(server, "oidc")).clientId;
      const query = new URL(authorizeUrl(clientId, newPkce().challenge, { resource: `${publicUrl}/mcp` }))
        .search;
      expect(leadsTo(await program.request(`/oauth/authorize${query}`, { headers }))).toBe("/oauth/login");
    });
  },
);
