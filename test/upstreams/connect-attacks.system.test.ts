import { describe, expect, it } from "vitest";
import { github } from "../../src/authorization-server/sign-in/index.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import { keyUpstream } from "../../src/authorization-server/upstreams/index.ts";
import { finishSignIn, follow, openAccount, press, signInToAccount, textOf } from "../support/account.ts";
import { connect } from "../support/client.ts";
import { type Browser, stateOf } from "../support/person.ts";
import { PEOPLE } from "../support/server.ts";
import { CLIENT_ID, CLIENT_SECRET } from "../support/sign-in/identity-double.ts";
import { leadsTo } from "../support/sign-in/journey.ts";
import { sampleEntry } from "../support/store/samples.ts";
import {
  ACME,
  approveThere,
  connectGithub,
  type Elsewhere,
  GITHUB,
  KEY,
  leave,
  linkIn,
  said,
  startElsewhere,
} from "../support/upstreams.ts";

// What someone could try who wants another person's account at a service, or theirs at another person's.

const rowsOf = async ({ server }: Elsewhere) =>
  Promise.all(["ada", "grace"].map((id) => server.store.listUpstreamCredentials(id)));

const reasonIn = ({ server }: Elsewhere) =>
  String(server.lines.findLast(({ name }) => name === "upstream.not_connected")?.fields.reason);

/** The link that a tool answers a person's client with. */
async function linkFor({ server }: Elsewhere, tool = "github_token"): Promise<string> {
  return linkIn(await said(server, await connect(server), tool));
}

/** Ada at GitHub, and the callback that GitHub sends her to. */
async function adaThere(elsewhere: Elsewhere) {
  const browser = elsewhere.open();
  const page = await signInToAccount(browser);
  const url = await leave(browser, page);
  return { browser, page, url, callback: await approveThere(elsewhere.network, url) };
}

async function expectRefused(answer: Response, status = 400): Promise<string> {
  expect(answer.status).toBe(status);
  const text = textOf(await answer.text());
  expect(text).toContain("Nothing was connected");
  return text;
}

describe("the link of one person, opened by another", () => {
  it("does not show its page to who is signed in as someone else", async () => {
    const elsewhere = await startElsewhere();
    const browser = elsewhere.open();
    await signInToAccount(browser, "grace", "hopper");
    const answer = await browser.request(await linkFor(elsewhere));
    expect(leadsTo(answer)).toBe("/oauth/login");
  });

  it("signs no one else in, and does not say whose it is", async () => {
    const elsewhere = await startElsewhere();
    const { server, open } = elsewhere;
    const browser = open();
    const begun = await browser.request(await linkFor(elsewhere));
    const before = browser.cookie();
    const state = stateOf(begun.headers.get("location"));
    const answer = await browser.submit("/oauth/login", { state, username: "grace", password: "hopper" });
    const text = await expectRefused(answer, 403);
    expect(text).toContain("You signed in as Grace Hopper, but this link is for another account.");
    expect(text).not.toContain("Ada");
    expect(browser.cookie()).toBe(before);
    expect(await server.store.listSessions("grace", server.now())).toEqual([]);
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
    expect(server.lines.findLast(({ name }) => name === "sign_in.refused")?.fields).toMatchObject({
      person: "grace",
      reason: "the link to connect a service is another person's",
    });
  });

  it("is finished in no other browser than the one that opened it", async () => {
    const elsewhere = await startElsewhere();
    const state = stateOf((await elsewhere.open().request(await linkFor(elsewhere))).headers.get("location"));
    const answer = await elsewhere.open().request(`/oauth/login?${new URLSearchParams({ state })}`);
    expect(answer.status).toBe(403);
  });

  it("of another server of the same secret is none here", async () => {
    const secret = "a secret that two servers share, for no good reason";
    const [here, there] = [
      await startElsewhere({ options: { secret } }),
      await startElsewhere({ options: { secret, publicUrl: "https://other.example" } }),
    ];
    const link = new URL(await linkFor(here));
    const browser = there.open();
    await signInToAccount(browser);
    await expectRefused(await browser.request(`${link.pathname}${link.search}`));
  });
});

describe("an answer of the service that is not for this browser's connection", () => {
  it("ends on a page in another browser, and its code is not exchanged", async () => {
    const elsewhere = await startElsewhere();
    const { callback } = await adaThere(elsewhere);
    const grace = elsewhere.open();
    await signInToAccount(grace, "grace", "hopper");
    await expectRefused(await grace.request(callback.href));
    expect(reasonIn(elsewhere)).toMatch(/^no cookie for it/);
    expect(elsewhere.github.exchanges).toEqual([]);
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
  });

  it("ends there in a browser that has a connection of its own under way", async () => {
    const elsewhere = await startElsewhere();
    const { callback } = await adaThere(elsewhere);
    const grace = elsewhere.open();
    await leave(grace, await signInToAccount(grace, "grace", "hopper"));
    await expectRefused(await grace.request(callback.href));
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
  });

  it("ends there in a browser into which the connection's cookie was planted: the session is another one", async () => {
    const elsewhere = await startElsewhere();
    const ada = await adaThere(elsewhere);
    const grace = elsewhere.open();
    await signInToAccount(grace, "grace", "hopper");
    const planted = /__Host-gatehouse-connect-[^;]+/.exec(ada.browser.cookie())?.[0] ?? "";
    const cookie = `${grace.cookie()}; ${planted}`;
    await expectRefused(await grace.request(ada.callback.href, { headers: { cookie } }));
    expect(reasonIn(elsewhere)).toBe("the session that began it is over, or is not this browser's");
    expect(elsewhere.github.exchanges).toEqual([]);
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
  });

  it("ends there once someone else has signed in in this browser", async () => {
    const elsewhere = await startElsewhere();
    const { browser, callback } = await adaThere(elsewhere);
    await connect(elsewhere.server, { username: "grace", password: "hopper", browser });
    await expectRefused(await browser.request(callback.href));
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
  });

  it.each<[string, (at: { server: Elsewhere["server"]; browser: Browser }) => Promise<unknown>]>([
    [
      "the session is ended elsewhere",
      async ({ server: { store, now } }) => {
        for (const { hash } of await store.listSessions("ada", now()))
          await store.endSession("ada", hash, sampleEntry("session.ended"));
      },
    ],
    [
      "the person is signed out everywhere",
      ({ server: { store, now } }) => store.signOutPerson("ada", now(), sampleEntry("person.signed_out")),
    ],
    [
      "the person is disabled",
      ({ server: { store, now } }) => store.disablePerson("ada", now(), sampleEntry("person.disabled")),
    ],
    [
      "the person is removed",
      ({ server: { store, now } }) => store.removePerson("ada", now(), sampleEntry("person.removed")),
    ],
  ])("ends there once %s", async (_what, happens) => {
    const elsewhere = await startElsewhere();
    const { browser, callback } = await adaThere(elsewhere);
    await happens({ server: elsewhere.server, browser });
    await expectRefused(await browser.request(callback.href));
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
  });

  it("is kept for no one whose session ends while the service is asked for the tokens", async () => {
    const elsewhere = await startElsewhere();
    const { server, network } = elsewhere;
    const { browser, callback } = await adaThere(elsewhere);
    const { store, now } = server;
    network.meanwhile = async () => {
      for (const { hash } of await store.listSessions("ada", now()))
        await store.endSession("ada", hash, sampleEntry("session.ended"));
    };
    const text = await expectRefused(await browser.request(callback.href), 403);
    expect(text).toContain("You are no longer signed in");
    expect(elsewhere.github.exchanges).toHaveLength(1);
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
  });

  it("ends there at the callback of another service", async () => {
    const elsewhere = await startElsewhere();
    const { browser, callback } = await adaThere(elsewhere);
    const other = callback.href.replace("/callback/github/", "/callback/acme/");
    await expectRefused(await browser.request(other));
    expect(reasonIn(elsewhere)).toBe("it began with github, and came back to acme");
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
  });

  it("ends there the second time, and after ten minutes", async () => {
    const elsewhere = await startElsewhere();
    const first = await adaThere(elsewhere);
    await follow(first.browser, await first.browser.request(first.callback.href));
    await expectRefused(await first.browser.request(first.callback.href));
    const second = await adaThere(elsewhere);
    elsewhere.server.advance(10 * 60);
    await expectRefused(await second.browser.request(second.callback.href));
    expect(reasonIn(elsewhere)).toBe("over time");
  });

  it.each(["", "x", "a".repeat(43), "../../.."])(
    "ends there with a state that is made up: %j",
    async (state) => {
      const elsewhere = await startElsewhere();
      const { browser, callback } = await adaThere(elsewhere);
      callback.searchParams.set("state", state);
      await expectRefused(await browser.request(callback.href));
      expect(elsewhere.github.exchanges).toEqual([]);
    },
  );

  it("ends there with a state whose beginning is right, as a program knows it that sees the cookie's name", async () => {
    const elsewhere = await startElsewhere();
    const { browser, callback } = await adaThere(elsewhere);
    const state = callback.searchParams.get("state") ?? "";
    callback.searchParams.set("state", state.slice(0, 8) + "a".repeat(35));
    await expectRefused(await browser.request(callback.href));
    expect(elsewhere.github.exchanges).toEqual([]);
    // The person's own connection is not over with it.
    callback.searchParams.set("state", state);
    await follow(browser, await browser.request(callback.href));
    expect((await rowsOf(elsewhere))[0]).toHaveLength(1);
  });

  it("ends there where a parameter is repeated", async () => {
    const elsewhere = await startElsewhere();
    const { browser, callback } = await adaThere(elsewhere);
    callback.searchParams.append("code", "another");
    await expectRefused(await browser.request(callback.href));
    expect(elsewhere.github.exchanges).toEqual([]);
  });

  it("is not used up by a browser that loads it in advance", async () => {
    const elsewhere = await startElsewhere();
    const { browser, callback } = await adaThere(elsewhere);
    const early = await browser.request(callback.href, { headers: { "sec-purpose": "prefetch" } });
    expect(early.status).toBe(503);
    await follow(browser, await browser.request(callback.href));
    expect((await rowsOf(elsewhere))[0]).toHaveLength(1);
  });

  it("is no sign-in, and an answer to a sign-in connects nothing", async () => {
    const signIn = [
      password((name, typed) => (PEOPLE[name] === typed ? { id: name } : null)),
      github({ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }),
    ];
    const elsewhere = await startElsewhere({ signIn });
    const { network, open } = elsewhere;
    const ada = await adaThere(elsewhere);
    const asSignIn = await ada.browser.request(ada.callback.href.replace("/github/connect", "/github"));
    expect(asSignIn.status).toBe(400);
    const other = open();
    const login = stateOf((await other.request("/account")).headers.get("location"));
    const begun = await other.request(`/oauth/sign-in/github?${new URLSearchParams({ state: login })}`);
    const callback = await approveThere(network, new URL(begun.headers.get("location") ?? ""));
    await expectRefused(
      await other.request(callback.href.replace("/callback/github", "/callback/github/connect")),
    );
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
  });
});

describe("what the service answers wrongly", () => {
  const cases: readonly (readonly [string, Parameters<Elsewhere["github"]["say"]>[0], number, string])[] = [
    [
      "an error of its token endpoint",
      { token: { error: "bad_verification_code" } },
      400,
      "could not be connected",
    ],
    ["no token", { token: { token_type: "bearer" } }, 400, "could not be connected"],
    [
      "an outage of its token endpoint",
      { statuses: { "/login/oauth/access_token": 503 } },
      503,
      "did not answer",
    ],
    ["another issuer", { answer: { iss: "https://evil.example" } }, 400, "could not be connected"],
    ["that it can't answer now", { answer: { error: "temporarily_unavailable" } }, 503, "did not answer"],
  ];
  it.each(cases)("%s: the connection that is there stays", async (_what, says, status, sentence) => {
    const elsewhere = await startElsewhere();
    const { server, github: double, network } = elsewhere;
    const { browser, page } = await connectGithub(elsewhere);
    const client = await connect(server);
    const before = await said(server, client, "github_token");
    const audit = await server.store.readAudit({ order: "newest_first", limit: 500 });
    double.say(says);
    const callback = await approveThere(network, await leave(browser, page));
    const text = await expectRefused(await browser.request(callback.href), status);
    expect(text).toContain(`GitHub ${sentence}`);
    expect(await said(server, client, "github_token")).toBe(before);
    expect(await server.store.readAudit({ order: "newest_first", limit: 500 })).toEqual(audit);
    expect(JSON.stringify(server.lines)).not.toContain(callback.searchParams.get("code"));
  });

  it("that the person said no: the account page says so, and nothing changed", async () => {
    const elsewhere = await startElsewhere();
    const { browser, page } = await connectGithub(elsewhere);
    elsewhere.github.say({ answer: { error: "access_denied" } });
    const callback = await approveThere(elsewhere.network, await leave(browser, page));
    const back = await follow(browser, await browser.request(callback.href));
    expect(textOf(back.html)).toContain(
      "GitHub was not connected, because access to it was not approved there.",
    );
    expect((await rowsOf(elsewhere))[0]).toMatchObject([{ upstream: "github", deadAt: null }]);
  });
});

describe("a token or a key that is asked for", () => {
  it("for another service is a link of that service", async () => {
    const elsewhere = await startElsewhere();
    await connectGithub(elsewhere);
    const client = await connect(elsewhere.server);
    expect(linkIn(await said(elsewhere.server, client, "acme_token"))).toContain(
      "/account/connect/acme?ticket=",
    );
  });

  it("under another service's name is not opened, where a row was moved in the database", async () => {
    const elsewhere = await startElsewhere();
    await connectGithub(elsewhere);
    const { store, now } = elsewhere.server;
    const row = await store.findUpstreamCredential("ada", "github");
    if (!row) throw new Error("nothing is connected");
    await store.saveUpstreamCredential(
      { ...row, upstream: "acme", now: now() },
      sampleEntry("upstream.connected"),
    );
    const client = await connect(elsewhere.server);
    expect(linkIn(await said(elsewhere.server, client, "acme_token"))).toContain(
      "/account/connect/acme?ticket=",
    );
  });

  it("by another person is a link of that person", async () => {
    const elsewhere = await startElsewhere();
    const { server, open } = elsewhere;
    await connectGithub(elsewhere);
    const graces = await connect(server, { username: "grace", password: "hopper" });
    const link = linkIn(await said(server, graces, "github_token"));
    const ada = open();
    await signInToAccount(ada);
    expect(leadsTo(await ada.request(link))).toBe("/oauth/login");
    const grace = open();
    const page = await finishSignIn(grace, await grace.request(link), "grace", "hopper");
    expect(textOf(page.html)).toContain("Grace Hopper");
  });

  it("is ended by no one else: the form names a service, and never a person", async () => {
    const elsewhere = await startElsewhere();
    await connectGithub(elsewhere);
    const grace = elsewhere.open();
    const page = await signInToAccount(grace, "grace", "hopper");
    for (const upstream of ["github", "ada/github"])
      await follow(grace, await press(grace, page, "upstreams.disconnect", { upstream }));
    expect((await rowsOf(elsewhere)).map((rows) => rows.length)).toEqual([1, 0]);
  });
});

describe("a key", () => {
  const refuses = async (key: string, upstream = keyUpstream({ label: "Jira" }), status = 400) => {
    const elsewhere = await startElsewhere({ upstreams: { github: GITHUB, acme: ACME, jira: upstream } });
    const browser = elsewhere.open();
    const page = await signInToAccount(browser);
    const answer = await press(browser, page, "upstreams.store_key", { upstream: "jira", key });
    expect(answer.status).toBe(status);
    const html = await answer.text();
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
    if (key.trim() !== "") expect(html + logged(elsewhere)).not.toContain(key.trim());
    return { text: textOf(html), log: logged(elsewhere) };
  };
  /** All that the log has, with causes and stacks. */
  const logged = ({ server }: Elsewhere): string =>
    JSON.stringify(server.lines, (_name, value: unknown) =>
      value instanceof Error ? [value.name, value.message, value.stack, value.cause] : value,
    );

  const EMPTY = "Type or paste a key for Jira.";
  const CHARACTERS =
    "This can’t be a key for Jira: it has characters other than Latin letters, digits, common punctuation and spaces.";
  const TOO_LONG = "This can’t be a key for Jira: it is longer than 8,192 characters.";
  it.each([
    ["is empty", "", EMPTY],
    ["is only spaces", "   ", EMPTY],
    ["has a line break inside", "key-one\nkey-two", CHARACTERS],
    ["has what no header can have", "schlüssel-0123456789", CHARACTERS],
    ["is longer than any", "k".repeat(8193), TOO_LONG],
  ])("that %s is not stored", async (_what, key, sentence) => {
    expect((await refuses(key)).text).toContain(sentence);
  });

  it("that the operator's function refuses is not stored, and is in no page and no line of the log", async () => {
    const { text } = await refuses(KEY, keyUpstream({ label: "Jira", check: () => false }));
    expect(text).toContain("Jira does not take this key.");
  });

  it.each<[string, (key: string) => never]>([
    [
      "throws an error with the key in it",
      (key) => {
        throw new Error(`401 for key=${key}`, { cause: { headers: { authorization: key } } });
      },
    ],
    [
      "throws the key",
      (key) => {
        throw key;
      },
    ],
    [
      "throws an error that is named by the key",
      (key) => {
        throw Object.assign(new Error("no"), { name: key, stack: key });
      },
    ],
    ["returns the key", (key) => key as never],
    [
      "returns what throws the key when it is awaited",
      (key) =>
        ({
          // biome-ignore lint/suspicious/noThenProperty: this is what an operator's function may return
          get then(): never {
            throw new Error(key);
          },
        }) as never,
    ],
  ])(
    "that the operator's function %s for is not stored, and the log has only that it did",
    async (_what, check) => {
      const { text, log } = await refuses(KEY, keyUpstream({ label: "Jira", check }), 503);
      expect(text).toContain("The key for Jira could not be checked, so it was not stored.");
      expect(log).toContain("check of an upstream");
    },
  );

  it("for a service that takes none, or is not there, is not stored", async () => {
    const elsewhere = await startElsewhere();
    const browser = elsewhere.open();
    const page = await signInToAccount(browser);
    for (const upstream of ["github", "nowhere", "", "__proto__", "constructor"]) {
      const answer = await press(browser, page, "upstreams.store_key", { upstream, key: KEY });
      expect(answer.status).toBe(400);
      expect(await answer.text()).not.toContain(KEY);
    }
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
    expect(logged(elsewhere)).not.toContain(KEY);
  });

  it("that is typed after five minutes leads to a sign-in, and is carried nowhere", async () => {
    const elsewhere = await startElsewhere();
    const browser = elsewhere.open();
    const page = await signInToAccount(browser);
    elsewhere.server.advance(5 * 60 + 1);
    const answer = await press(browser, page, "upstreams.store_key", { upstream: "jira", key: KEY });
    expect(leadsTo(answer)).toBe("/oauth/login");
    expect(await rowsOf(elsewhere)).toEqual([[], []]);
    const stale = await openAccount(browser);
    expect(textOf(stale.html)).toContain("To store a key, sign in again first.");
    expect(stale.html).not.toContain('name="key"');
  });
});

describe("a service that can't be asked where the person should go", () => {
  it("leaves the account page, with its sentence", async () => {
    const elsewhere = await startElsewhere();
    const browser = elsewhere.open();
    const page = await signInToAccount(browser);
    const answer = await press(browser, page, "upstreams.connect", { upstream: "jira" });
    expect(answer.status).toBe(400);
    expect(textOf(await answer.text())).toContain("This service can’t be connected here.");
  });
});
