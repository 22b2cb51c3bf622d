import { beforeEach, describe, expect, it } from "vitest";
import { createWaitingAnswers } from "../../src/authorization-server/upstreams/connect/answers.ts";
import { createConnectLinks } from "../../src/authorization-server/upstreams/connect/connect-links.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import {
  type AccountPage,
  finishSignIn,
  follow,
  press,
  signInToAccount,
  textOf,
  valuesOf,
} from "../support/account.ts";
import { withCookie } from "../support/account-forms.ts";
import { SECRET } from "../support/forge.ts";
import type { Browser } from "../support/person.ts";
import { leadsTo } from "../support/sign-in/journey.ts";
import { approveThere, type Elsewhere, leave, startElsewhere } from "../support/upstreams.ts";

// At a loopback address every program on this computer is sent the cookies, and can plant its own.

const PUBLIC_URL = "http://localhost:3000";

let elsewhere: Elsewhere;
beforeEach(async () => {
  elsewhere = await startElsewhere({ options: { publicUrl: PUBLIC_URL, secret: SECRET } });
});

const rows = () => elsewhere.server.store.listUpstreamCredentials("ada");

/** From the button to the page that asks, once the service has answered. */
async function answered(browser: Browser, page: AccountPage): Promise<AccountPage> {
  const callback = await approveThere(elsewhere.network, await leave(browser, page));
  return follow(browser, await browser.request(callback.href));
}

const finish = (browser: Browser, page: AccountPage, answer: string, upstream = "github") =>
  press(browser, page, "upstreams.finish", { upstream, answer });

/** The link that a tool answers Ada's client with. */
function linkFor({ server }: Elsewhere): Promise<string> {
  const { issuer } = server.settings;
  const links = createConnectLinks({ keyring: createKeyring([SECRET]), clock: server.now, issuer });
  return links.urlFor("ada", "github");
}

const sealedFor = (page: AccountPage) => valuesOf(page, "answer")[0] ?? "";

it("a person connects a service by a click on a page that names their account, once the service has answered", async () => {
  const browser = elsewhere.open();
  const asked = await answered(browser, await signInToAccount(browser));
  expect(textOf(asked.html)).toContain(
    "One more step to connect GitHub to Test App GitHub has answered. Nothing is connected until you select the button.",
  );
  expect(textOf(asked.html)).not.toContain("Connect GitHub to Test App?");
  expect(textOf(asked.html)).toContain("Ada Lovelace");
  expect(textOf(asked.html)).toContain("Connect GitHub to this account");
  expect(elsewhere.github.exchanges).toEqual([]);
  expect(await rows()).toEqual([]);
  const done = await follow(browser, await finish(browser, asked, sealedFor(asked)));
  expect(textOf(done.html)).toContain("GitHub is connected.");
  expect(await rows()).toMatchObject([{ upstream: "github", account: "ada" }]);
});

it("an error of the service needs no click", async () => {
  const browser = elsewhere.open();
  const page = await signInToAccount(browser);
  elsewhere.github.say({ answer: { error: "access_denied", code: "" } });
  const callback = await approveThere(elsewhere.network, await leave(browser, page));
  const back = await follow(browser, await browser.request(callback.href));
  expect(textOf(back.html)).toContain(
    "GitHub was not connected, because access to it was not approved there.",
  );
});

describe("the link of a tool", () => {
  it("shows nothing for the cookie alone, which other programs have too", async () => {
    const browser = elsewhere.open();
    await signInToAccount(browser);
    expect(leadsTo(await browser.request(await linkFor(elsewhere)))).toBe("/oauth/login");
  });

  it("asks for a sign-in, ends no other session, and connects after two clicks", async () => {
    const { server, open } = elsewhere;
    const browser = open();
    const page = await finishSignIn(browser, await browser.request(await linkFor(elsewhere)));
    expect(textOf(page.html)).toContain("Next, GitHub asks you to approve it.");
    const asked = await answered(browser, page);
    await follow(browser, await finish(browser, asked, sealedFor(asked)));
    expect(await rows()).toHaveLength(1);
    expect(await server.store.listSessions("ada", server.now())).toHaveLength(1);
  });

  it("is no one else's: their session stays, and begins no other one", async () => {
    const { server, open } = elsewhere;
    const browser = open();
    await signInToAccount(browser, "grace", "hopper");
    const [session] = await server.store.listSessions("grace", server.now());
    const begun = await browser.request(await linkFor(elsewhere));
    await expect(finishSignIn(browser, begun, "grace", "hopper")).rejects.toThrow(/answered 403/);
    expect(await server.store.listSessions("grace", server.now())).toEqual([session]);
  });
});

describe("another program on this computer", () => {
  it("that plants the cookies of its own account gets no one's tokens: the page says whose account it is", async () => {
    const { network, open, server, github } = elsewhere;
    const grace = open();
    const url = await leave(grace, await signInToAccount(grace, "grace", "hopper"));
    // The person's browser, into which it put them, is led to GitHub, where Ada is signed in.
    const victim = withCookie({ server, publicUrl: PUBLIC_URL }, grace.cookie());
    const callback = await approveThere(network, url);
    const asked = await follow(victim, await victim.request(callback.href));
    expect(textOf(asked.html)).toContain("Grace Hopper");
    expect(github.exchanges).toEqual([]);
    expect(await server.store.listUpstreamCredentials("grace")).toEqual([]);
  });

  it("that has every cookie, and neither the page nor its token, finishes nothing", async () => {
    const browser = elsewhere.open();
    const asked = await answered(browser, await signInToAccount(browser));
    const sealed = sealedFor(asked);
    const thief = withCookie({ server: elsewhere.server, publicUrl: PUBLIC_URL }, browser.cookie());
    for (const token of ["", "eyJhbGciOiJkaXIifQ..x.y.z"])
      expect((await finish(thief, { ...asked, token }, sealed)).status).toBe(403);
    expect(leadsTo(await thief.request("/account/connect/github"))).toBe("page 400");
    expect(elsewhere.github.exchanges).toEqual([]);
  });
});

describe("the click after the service has answered", () => {
  const refused = async (answer: Response) => {
    expect(answer.status).toBe(400);
    expect(textOf(await answer.text())).toContain("This service can’t be connected here.");
    expect(elsewhere.github.exchanges).toEqual([]);
    expect(await rows()).toEqual([]);
  };

  it("counts for the session that began it", async () => {
    const { open } = elsewhere;
    const [browser, grace, phone] = [open(), open(), open()];
    const asked = await answered(browser, await signInToAccount(browser));
    const theirs = await signInToAccount(grace, "grace", "hopper");
    await refused(await finish(grace, theirs, sealedFor(asked)));
    await refused(await finish(phone, await signInToAccount(phone), sealedFor(asked)));
  });

  it("counts for that service, and with what was sealed for it", async () => {
    const browser = elsewhere.open();
    const asked = await answered(browser, await signInToAccount(browser));
    const sealed = sealedFor(asked);
    await refused(await finish(browser, asked, sealed, "acme"));
    await refused(await finish(browser, asked, sealed, "jira"));
    await refused(await finish(browser, asked, ""));
    await refused(await finish(browser, asked, `${sealed.slice(0, -8)}AAAAAAAA`));
    // What is sealed for something else.
    await refused(await finish(browser, asked, asked.token));
  });

  it("counts for ten minutes", async () => {
    const { server } = elsewhere;
    const { issuer } = server.settings;
    const answers = createWaitingAnswers({ keyring: createKeyring([SECRET]), clock: server.now, issuer });
    const secrets = { state: "s", nonce: "n", codeVerifier: "v" };
    const of = { method: "github", personId: "ada", session: "hash", endsAt: server.now() + 600_000 };
    const sealed = await answers.seal({ ...secrets, ...of }, "?code=c&state=s");
    const opened = () => answers.open(sealed, "github", { signIn: "hash" });
    expect((await opened())?.params.get("code")).toBe("c");
    server.advance(600);
    expect(await opened()).toBeUndefined();
  });

  it("from another site does nothing", async () => {
    const browser = elsewhere.open();
    const asked = await answered(browser, await signInToAccount(browser));
    const fields = { page_token: asked.token, action: "upstreams.finish", upstream: "github" };
    const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    const answer = await browser.submit("/account", { ...fields, answer: sealedFor(asked) }, { headers });
    expect(answer.status).toBe(403);
    expect(elsewhere.github.exchanges).toEqual([]);
  });

  it("counts once: GitHub takes a code once, and what is connected stays", async () => {
    const browser = elsewhere.open();
    const asked = await answered(browser, await signInToAccount(browser));
    await follow(browser, await finish(browser, asked, sealedFor(asked)));
    const twice = await finish(browser, asked, sealedFor(asked));
    expect(twice.status).toBe(400);
    expect(textOf(await twice.text())).toContain("GitHub could not be connected.");
    expect(await rows()).toMatchObject([{ upstream: "github", deadAt: null }]);
  });
});
