import { describe, expect, it } from "vitest";
import { createRecorder } from "../../src/authorization-server/recorder.ts";
import { invitationRoute } from "../../src/authorization-server/sign-in/users/invitation.ts";
import { newLink, tokenHash } from "../../src/authorization-server/sign-in/users/one-time-links.ts";
import { createLook } from "../../src/pages/look.ts";
import { silentLog } from "../../src/platform/logging.ts";
import type { OneTimeLink } from "../../src/store/people-records.ts";
import { connect, refresh } from "../support/client.ts";
import { openBrowser } from "../support/person.ts";
import type { TestServer } from "../support/server.ts";
import { addUser, beginSignIn, PASSWORD, quickHash, signInStatus, startDirectory } from "../support/users.ts";

const NEW = "a better password";
const HOUR = 60 * 60;
const operator = { operator: "root", address: "command line" } as const;

type Purpose = OneTimeLink["purpose"];

/** A link as the operator's command makes it: its address and its token. */
async function link(server: TestServer, purpose: Purpose, personId: string | null = null) {
  const { settings, now, store } = server;
  const made = newLink({ purpose, personId }, settings.issuer, now());
  const person = personId === null ? {} : { person: personId };
  await store.addLink(made.link, {
    event: "person.invited",
    at: now(),
    fields: { ...person, purpose, ...operator },
  });
  return { url: made.url, token: new URL(made.url).searchParams.get("token") ?? "" };
}

const open = (server: TestServer, url: string, method = "GET") =>
  openBrowser(server).request(url, { method });

function post(
  server: TestServer,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const both = { password: NEW, again: NEW, ...fields };
  return openBrowser(server).submit("/oauth/invitation", both, { headers });
}

const ENDED = "This link can’t be used";

async function expectEnded(answer: Response): Promise<void> {
  expect(answer.status).toBe(410);
  const page = await answer.text();
  expect(page).toContain(ENDED);
  expect(page).toMatch(/ask the server('|&#39;)s operator for a new one/);
}

describe("an invitation", () => {
  it("lets a new person choose a username and a password, and sign in with them", async () => {
    const server = await startDirectory();
    const { url, token } = await link(server, "invitation");
    expect(new URL(url).pathname).toBe("/oauth/invitation");
    const page = await open(server, url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<input type="text" id="username" name="username"');
    const saved = await post(server, { token, username: " Ada " });
    expect(saved.status).toBe(200);
    expect(await saved.text()).toContain("Your password is saved");
    expect(await signInStatus(server, "ada", NEW)).toBe(303);
    const person = await server.store.findByIdentity({ method: "users", issuer: "", subject: "ada" });
    expect(person?.person).toEqual({ id: expect.stringMatching(/^[\w-]{22}$/), name: "Ada" });
  });

  it("with a username is for that one", async () => {
    const server = await startDirectory();
    await server.store.addPerson(
      {
        person: { id: "id-7", name: "Ada" },
        emails: [],
        groups: ["admins"],
        identity: { method: "users", issuer: "", subject: "ada" },
        label: "ada",
        passwordHash: undefined,
        now: server.now(),
      },
      { event: "person.added", at: server.now(), fields: { person: "id-7", ...operator } },
    );
    const { url, token } = await link(server, "invitation", "id-7");
    expect(await (await open(server, url)).text()).toContain('value="ada" readonly');
    const saved = await post(server, { token, username: "grace" });
    expect(saved.status).toBe(200);
    expect(await saved.text()).toContain("Your username is <strong><bdi>ada</bdi></strong>.");
    expect(await signInStatus(server, "ada", NEW)).toBe(303);
    expect(await signInStatus(server, "grace", NEW)).toBe(403);
    expect((await server.store.findPerson("id-7"))?.groups).toEqual(["admins"]);
  });

  it("is not for a username that someone has", async () => {
    const server = await startDirectory();
    await addUser(server, "ada", quickHash(PASSWORD));
    const { token } = await link(server, "invitation");
    const taken = await post(server, { token, username: "ADA" });
    expect(taken.status).toBe(400);
    expect(await taken.text()).toContain("This username is taken.");
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(303);
    expect(await signInStatus(server, "ada", NEW)).toBe(403);
    expect((await post(server, { token, username: "grace" })).status).toBe(200);
  });

  it("leaves other invitations in force", async () => {
    const server = await startDirectory();
    const [one, other] = [await link(server, "invitation"), await link(server, "invitation")];
    expect((await post(server, { token: one.token, username: "ada" })).status).toBe(200);
    expect((await post(server, { token: other.token, username: "grace" })).status).toBe(200);
  });
});

describe("a link", () => {
  it("is not used up by being opened, and works once", async () => {
    const server = await startDirectory();
    const { url, token } = await link(server, "invitation");
    for (const method of ["GET", "HEAD", "GET"]) expect((await open(server, url, method)).status).toBe(200);
    expect((await post(server, { token, username: "ada" })).status).toBe(200);
    await expectEnded(await open(server, url));
    await expectEnded(await post(server, { token, username: "grace", password: PASSWORD, again: PASSWORD }));
    expect(await signInStatus(server, "ada", NEW)).toBe(303);
    expect(await signInStatus(server, "grace", PASSWORD)).toBe(403);
  });

  it("that is used by many at once has one winner", async () => {
    const server = await startDirectory();
    const { token } = await link(server, "invitation");
    const names = ["ada", "grace", "alan", "mary"];
    const answers = await Promise.all(names.map((username) => post(server, { token, username })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 410, 410, 410]);
    const found = await Promise.all(
      names.map((subject) => server.store.findByIdentity({ method: "users", issuer: "", subject })),
    );
    expect(found.filter((person) => person !== undefined)).toHaveLength(1);
    expect(found[statuses.indexOf(200)]).toBeDefined();
  });

  it("for a new password that is used by many at once sets one of them", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada", quickHash(PASSWORD));
    const { token } = await link(server, "password", id);
    const passwords = [1, 2, 3].map((i) => `password number ${i}`);
    const answers = await Promise.all(
      passwords.map((password) => post(server, { token, password, again: password })),
    );
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 410, 410]);
    for (const [i, password] of passwords.entries()) {
      expect(await signInStatus(server, "ada", password)).toBe(i === winner ? 303 : 403);
    }
  });

  it("two of which want the same username leaves the second one usable", async () => {
    const server = await startDirectory();
    const [one, other] = [await link(server, "invitation"), await link(server, "invitation")];
    const answers = await Promise.all(
      [one, other].map(({ token }) => post(server, { token, username: "ada" })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
    const loser = answers.findIndex(({ status }) => status === 400);
    expect(await answers[loser]!.text()).toContain("This username is taken.");
    const { token } = [one, other][loser]!;
    expect((await post(server, { token, username: "grace" })).status).toBe(200);
  });

  it.each([
    ["an invitation", "invitation", 72],
    ["one for a new password", "password", 1],
  ] as const)("ends by itself: %s", async (_what, purpose, hours) => {
    const server = await startDirectory();
    const id = purpose === "password" ? await addUser(server, "ada", quickHash(PASSWORD)) : null;
    const [early, late] = [await link(server, purpose, id), () => link(server, purpose, id)];
    server.advance(hours * HOUR - 1);
    expect((await open(server, early.url)).status).toBe(200);
    server.advance(1);
    await expectEnded(await open(server, early.url));
    await expectEnded(await post(server, { token: early.token, username: "grace" }));
    expect((await open(server, (await late()).url)).status).toBe(200);
  });

  it("ends when the password is set in another way, or a newer link is made", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada", quickHash(PASSWORD));
    const older = await link(server, "password", id);
    const newer = await link(server, "password", id);
    await expectEnded(await open(server, older.url));
    server.advance(1);
    await server.store.saveCredential(
      {
        personId: id,
        kind: "password",
        id: "",
        counter: null,
        secret: quickHash(PASSWORD),
        createdAt: server.now(),
        usedAt: null,
      },
      {
        event: "credential.changed",
        at: server.now(),
        fields: { person: id, kind: "password", ...operator },
      },
    );
    await expectEnded(await open(server, newer.url));
    await expectEnded(await post(server, { token: newer.token }));
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(303);
  });

  it("of a person who was removed has ended", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada", quickHash(PASSWORD));
    const { url, token } = await link(server, "password", id);
    await server.store.removePerson(id, server.now(), {
      event: "person.removed",
      at: server.now(),
      fields: { person: id, ...operator },
    });
    await expectEnded(await open(server, url));
    await expectEnded(await post(server, { token }));
  });

  it.each([
    ["none", ""],
    ["a short one", "x"],
    ["one as long as ours", "a".repeat(43)],
    ["a zero byte", "\u0000"],
    ["a piece of SQL", "' or 1=1"],
    ["a very long one", "a".repeat(5000)],
  ])("with another token than was made is no link: %s", async (_what, token) => {
    const server = await startDirectory();
    const { token: good } = await link(server, "invitation");
    await expectEnded(await open(server, `/oauth/invitation?token=${encodeURIComponent(token)}`));
    const answer = await post(server, { token: token, username: "ada" });
    await expectEnded(answer);
    // What the database keeps is not what the link says.
    await expectEnded(await post(server, { token: tokenHash(good), username: "ada" }));
    expect((await post(server, { token: good, username: "ada" })).status).toBe(200);
  });

  it("asks nothing that costs before the token is right", async () => {
    const server = await startDirectory();
    const { endpoint, hashed } = routeWithoutHashing(server);
    const body = new URLSearchParams({ token: "wrong", username: "ada", password: NEW, again: NEW });
    const request = new Request("https://mcp.example/oauth/invitation", { method: "POST", body });
    expect((await endpoint(request, { address: undefined, correlationId: "1" })).status).toBe(410);
    expect(hashed()).toBe(0);
  });
});

/** The endpoint with a queue that counts what it is asked to hash. */
function routeWithoutHashing(server: TestServer) {
  let hashed = 0;
  const { methods } = invitationRoute({
    store: server.store,
    recorder: createRecorder({ store: server.store, clock: server.now, log: silentLog }),
    clock: server.now,
    log: silentLog,
    issuer: server.settings.issuer,
    look: createLook({ name: "Test App" }),
    methods: () => [],
    queue: {
      async run() {
        hashed += 1;
        throw new Error("hashed");
      },
    },
  });
  if (!methods.POST) throw new Error("no POST");
  return { endpoint: methods.POST, hashed: () => hashed };
}

describe("the form behind a link", () => {
  it.each([
    ["differ", { again: "another password" }, /two passwords differ/],
    ["are missing", { password: "", again: "" }, /too short/],
    ["are too short", { password: "short", again: "short" }, /too short/],
    ["are well known", { password: "Password1", again: "Password1" }, /most common/],
    [
      "are the username",
      { username: "grace hopper", password: "Grace Hopper", again: "Grace Hopper" },
      /username/,
    ],
    ["are the app's name", { password: "test app", again: "test app" }, /app&#39;s name/],
    ["are fine, and the username is not", { username: "a\u200bb" }, /invisible/],
    ["are fine, and the username is empty", { username: "" }, /username is empty/],
    ["are fine, and the username is too long", { username: "x".repeat(65) }, /username is too long/],
  ])("comes again where the passwords %s, and the link still works", async (_what, fields, why) => {
    const server = await startDirectory();
    const { token } = await link(server, "invitation");
    const refused = await post(server, { token, username: "ada", ...fields });
    expect(refused.status).toBe(400);
    const page = await refused.text();
    expect(page).toMatch(why);
    expect(page).toContain(`name="token" value="${token}"`);
    expect(page).not.toContain(`value="${(fields as { password?: string }).password ?? NEW}"`);
    expect((await post(server, { token, username: "ada" })).status).toBe(200);
  });

  it("keeps its address to itself, and shows what was typed as text", async () => {
    const server = await startDirectory();
    const { url, token } = await link(server, "invitation");
    const page = await open(server, url);
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    const refused = await post(server, { token, username: '"><script>alert(1)</script>', password: "short" });
    expect(await refused.text()).not.toContain("<script>");
  });

  it.each([
    ["another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["another host of the site", { "sec-fetch-site": "same-site", origin: "https://other.mcp.example" }],
    ["a sandbox", { "sec-fetch-site": "cross-site", origin: "null" }],
  ])("is not taken from %s, and the link still works", async (_what, headers) => {
    const server = await startDirectory();
    const { token } = await link(server, "invitation");
    expect((await post(server, { token, username: "ada" }, headers)).status).toBe(403);
    expect(await signInStatus(server, "ada", NEW)).toBe(403);
    expect((await post(server, { token, username: "ada" })).status).toBe(200);
  });
});

describe("a new password by link", () => {
  it("ends the person's sessions, and no one else's, and says so; what they connected stays", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada", quickHash(PASSWORD));
    const other = await addUser(server, "grace", quickHash(PASSWORD));
    const tokens = await connect(server, { username: "ada", password: PASSWORD });
    await signInStatus(server, "grace", PASSWORD);
    expect(await server.store.listSessions(id, server.now())).toHaveLength(1);
    const { url, token } = await link(server, "password", id);
    expect(await (await open(server, url)).text()).toContain("you are signed out in every browser");
    const saved = await post(server, { token });
    const page = await saved.text();
    expect(page).toContain("You are signed out in every browser.");
    expect(page).toContain('<a href="https://mcp.example/account">Open your account</a>');
    expect(await server.store.listSessions(id, server.now())).toEqual([]);
    expect(await server.store.listSessions(other, server.now())).toHaveLength(1);
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(403);
    expect(await signInStatus(server, "ada", NEW)).toBe(303);
    expect((await refresh(server, tokens.clientId, tokens.refresh_token)).status).toBe(200);
  });

  describe("is used up by its first post, where that sets none", () => {
    const SHORT = { password: "short", again: "short" };

    async function startWithLink() {
      const server = await startDirectory();
      const id = await addUser(server, "ada", quickHash(PASSWORD));
      const { url, token } = await link(server, "password", id);
      const browser = openBrowser(server);
      const send = (fields: Readonly<Record<string, string>>, by = browser) =>
        by.submit("/oauth/invitation", { token, password: NEW, again: NEW, ...fields });
      return { server, id, url, token, browser, send };
    }

    it("elsewhere: one who has it from a mail, a log or a history opens nothing with it", async () => {
      const { server, url, token, browser, send } = await startWithLink();
      expect((await browser.request(url)).status).toBe(200);
      const refused = await send(SHORT);
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain(
        "Try again within 10 minutes, in this browser. The link no longer works anywhere else.",
      );
      await expectEnded(await open(server, url));
      await expectEnded(await post(server, { token }));
      // Nor with a cookie of their own.
      const thief = openBrowser(server);
      await thief.request((await link(server, "password", await addUser(server, "eve"))).url);
      expect(thief.cookie()).toMatch(/^__Host-gatehouse-link=[\w-]{43}$/);
      await expectEnded(await send({}, thief));
      expect(await signInStatus(server, "ada", PASSWORD)).toBe(303);
    });

    it("in its own browser, the person tries again until a password is saved, also from the link", async () => {
      const { server, url, browser, send } = await startWithLink();
      await browser.request(url);
      for (let index = 0; index < 3; index++) expect((await send(SHORT)).status).toBe(400);
      expect((await browser.request(url)).status).toBe(200);
      expect((await send({})).status).toBe(200);
      await expectEnded(await send({}));
      await expectEnded(await browser.request(url));
      expect(await signInStatus(server, "ada", NEW)).toBe(303);
    });

    it("it goes on for ten minutes, and not longer than it would have", async () => {
      const long = await startWithLink();
      await long.send(SHORT);
      long.server.advance(9 * 60 + 1);
      expect(await (await long.send(SHORT)).text()).toContain("Try again within a minute, in");
      long.server.advance(59);
      await expectEnded(await long.send({}));
      const short = await startWithLink();
      short.server.advance(58 * 60);
      expect(await (await short.send(SHORT)).text()).toContain("Try again within 2 minutes, in");
      short.server.advance(2 * 60);
      await expectEnded(await short.send({}));
    });

    it("of two browsers, one goes on; of two posts in one, both", async () => {
      const { url, browser, send, server } = await startWithLink();
      await browser.request(url);
      const double = await Promise.all([send(SHORT), send(SHORT)]);
      expect(double.map(({ status }) => status)).toEqual([400, 400]);
      const two = await link(server, "password", "id of ada");
      const browsers = [openBrowser(server), openBrowser(server)];
      const answers = await Promise.all(
        browsers.map((one) => one.submit("/oauth/invitation", { ...SHORT, token: two.token })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([400, 410]);
    });

    it("and a newer link ends it", async () => {
      const { server, id, browser, url, send } = await startWithLink();
      await browser.request(url);
      await send(SHORT);
      await link(server, "password", id);
      await expectEnded(await send({}));
    });

    it("a post from another site uses nothing up", async () => {
      const { server, token, send } = await startWithLink();
      const cross = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
      expect((await post(server, { token, ...SHORT }, cross)).status).toBe(403);
      expect((await send({})).status).toBe(200);
    });
  });

  it("does not let a disabled person in", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada", quickHash(PASSWORD));
    await server.store.disablePerson(id, server.now(), {
      event: "person.disabled",
      at: server.now(),
      fields: { person: id, ...operator },
    });
    const { token } = await link(server, "password", id);
    expect((await post(server, { token })).status).toBe(200);
    const refused = await (await beginSignIn(server)).post("ada", NEW);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("This account can’t be used here");
    expect(await server.store.listSessions(id, server.now())).toEqual([]);
  });
});

it("neither the token nor the password is in the log, the audit log or the database", async () => {
  const server = await startDirectory();
  const { url, token } = await link(server, "invitation");
  await open(server, url);
  await post(server, { token, username: "ada", password: "short", again: "short" });
  await post(server, { token, username: "ada" });
  await post(server, { token, username: "ada" });
  const audit = await server.store.readAudit({ order: "oldest_first", limit: 100 });
  const person = await server.store.findByIdentity({ method: "users", issuer: "", subject: "ada" });
  const credential = await server.store.findCredential(person?.person.id ?? "", "password");
  const kept = JSON.stringify([server.lines, audit, person, credential]);
  expect(kept).not.toContain(token);
  expect(kept).not.toContain(NEW);
  expect(audit.map(({ event }) => event)).toEqual(["person.invited", "person.added"]);
  expect(server.lines).toContainEqual({
    name: "request.refused",
    fields: expect.objectContaining({ path: "/oauth/invitation" }),
  });
});
