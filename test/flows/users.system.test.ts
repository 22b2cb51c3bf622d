import { hashSync } from "bcryptjs";
import { describe, expect, it } from "vitest";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import { createDirectoryCheck } from "../../src/authorization-server/sign-in/users/directory-check.ts";
import { createHashingQueue } from "../../src/authorization-server/sign-in/users/hashing-queue.ts";
import { expectedMilliseconds } from "../../src/authorization-server/sign-in/users/password-hash.ts";
import {
  passwordHashOf,
  verifyPassword,
} from "../../src/authorization-server/sign-in/users/password-hashing.ts";
import { users } from "../../src/authorization-server/sign-in/users/users.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { callTool, connect } from "../support/client.ts";
import { startServer } from "../support/server.ts";
import { addUser, beginSignIn, PASSWORD, quickHash, signInStatus, startDirectory } from "../support/users.ts";

describe("a person of the directory", () => {
  it("signs in, and is to tools who the operator added", async () => {
    const server = await startDirectory();
    await addUser(server, "ada");
    const { access_token } = await connect(server, { username: "ada", password: PASSWORD });
    const told = await (await callTool(server, access_token)).text();
    expect(told).toContain('{\\"id\\":\\"id of ada\\",\\"name\\":\\"ada of the test\\"}');
    expect(server.lines).toContainEqual({
      name: "sign_in.ok",
      fields: expect.objectContaining({ person: "id of ada", method: "users" }),
    });
  });

  it("types the name in any case and width, and with spaces around it", async () => {
    const server = await startDirectory();
    await addUser(server, "ada");
    for (const username of ["Ada", " ada ", "ＡＤＡ"]) {
      expect(await signInStatus(server, username, PASSWORD), username).toBe(303);
    }
    expect(await signInStatus(server, "a da", PASSWORD)).toBe(403);
    const [identity] = await server.store.listIdentities("id of ada");
    expect(identity).toMatchObject({ method: "users", issuer: "", subject: "ada", label: "ada" });
  });

  it("keeps name, addresses and groups through a sign-in", async () => {
    const server = await startDirectory();
    const kept = { emails: ["ada@example.com"], groups: ["admins"] };
    const id = await addUser(server, "ada", undefined, kept);
    const before = await server.store.findPerson(id);
    await signInStatus(server, "ada", PASSWORD);
    expect(await server.store.findPerson(id)).toEqual({ ...before, signedInAt: server.now() });
    expect(before).toMatchObject(kept);
  });

  it.each([
    ["a wrong password", "ada", "correct horse"],
    ["another case of the password", "ada", PASSWORD.toUpperCase()],
    ["a space too many", "ada", `${PASSWORD} `],
    ["someone else's password", "grace", PASSWORD],
    ["an unknown name", "alan", PASSWORD],
    ["the hash", "ada", "the hash"],
    ["someone who has yet to choose a password", "invited", PASSWORD],
    ["an unusable name", "\u0000", PASSWORD],
  ])("is not let in with %s, and every refusal reads the same", async (_what, username, typed) => {
    const server = await startDirectory();
    const hash = quickHash(PASSWORD);
    await addUser(server, "ada", hash);
    await addUser(server, "grace", quickHash("another password"));
    await server.store.addPerson(
      {
        person: { id: "invited" },
        emails: [],
        groups: [],
        identity: { method: "users", issuer: "", subject: "invited" },
        label: "invited",
        passwordHash: undefined,
        now: server.now(),
      },
      { event: "person.added", at: server.now(), fields: { person: "invited", address: undefined } },
    );
    const { post } = await beginSignIn(server);
    const answer = await post(username, typed === "the hash" ? hash : typed);
    expect(answer.status).toBe(403);
    const page = await answer.text();
    expect(page).toContain("Incorrect username or password.");
    expect(JSON.stringify(server.lines)).not.toContain(PASSWORD);
  });

  it("who is disabled is told so after the right password, and nothing after a wrong one", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada");
    await server.store.disablePerson(id, server.now(), {
      event: "person.disabled",
      at: server.now(),
      fields: { person: id, operator: "root", address: "command line" },
    });
    const wrong = await (await beginSignIn(server)).post("ada", "wrong password");
    expect(await wrong.text()).toContain("Incorrect username or password.");
    const right = await (await beginSignIn(server)).post("ada", PASSWORD);
    expect(right.status).toBe(403);
    // Why is the operator's business: the page has whom to ask, the log the reason.
    expect(await right.text()).toContain("This account can’t be used here");
    expect(server.lines).toContainEqual({
      name: "sign_in.refused",
      fields: expect.objectContaining({ person: id, method: "users", reason: "disabled" }),
    });
    expect(await server.store.listSessions(id, server.now())).toEqual([]);
  });
});

describe("a hash of another system", () => {
  it.each([
    ["bcrypt $2b$", hashSync(PASSWORD, 4)],
    ["bcrypt $2a$", hashSync(PASSWORD, 4).replace("$2b$", "$2a$")],
    ["bcrypt $2y$", hashSync(PASSWORD, 4).replace("$2b$", "$2y$")],
    ["argon2id with less memory", quickHash(PASSWORD)],
  ])("signs in, and is ours from then on: %s", async (_what, hash) => {
    const server = await startDirectory();
    const id = await addUser(server, "ada", hash);
    expect(await signInStatus(server, "ada", "wrong password")).toBe(403);
    expect((await server.store.findCredential(id, "password"))?.secret).toBe(hash);
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(303);
    const upgraded = (await server.store.findCredential(id, "password"))?.secret;
    expect(upgraded).toMatch(/^\$argon2id\$v=19\$m=32768,t=2,p=1\$/);
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(303);
    expect(await signInStatus(server, "ada", "wrong password")).toBe(403);
    expect((await server.store.findCredential(id, "password"))?.secret).toBe(upgraded);
  });

  it("of characters that are composed otherwise signs in, and then either way", async () => {
    const server = await startDirectory();
    const [composed, apart] = ["caf\u00e9 au lait", "cafe\u0301 au lait"];
    await addUser(server, "ada", quickHash(apart));
    expect(await signInStatus(server, "ada", composed)).toBe(403);
    expect(await signInStatus(server, "ada", apart)).toBe(303);
    expect(await signInStatus(server, "ada", composed)).toBe(303);
    expect(await signInStatus(server, "ada", apart)).toBe(303);
  });

  it("of bcrypt, which reads 72 bytes, does not take a longer password for the person's", async () => {
    const server = await startDirectory();
    const long = "a long password ".repeat(5);
    const hash = hashSync(long, 4);
    const id = await addUser(server, "ada", hash);
    expect(await signInStatus(server, "ada", `${long}with a typo`)).toBe(303);
    expect((await server.store.findCredential(id, "password"))?.secret).toBe(hash);
    expect(await signInStatus(server, "ada", long)).toBe(303);
  });

  it("that the database got in another way, and that would take minutes, is not computed", async () => {
    const server = await startDirectory();
    await addUser(server, "ada", `$2b$31$${"C".repeat(22)}${"x".repeat(31)}`);
    await addUser(server, "grace");
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(403);
    expect(await signInStatus(server, "grace", PASSWORD)).toBe(303);
    expect(server.lines).toContainEqual(
      expect.objectContaining({ name: "a stored password hash cannot be used" }),
    );
  });
});

describe("a guesser", () => {
  it("is slowed at a name, and the person still comes in from elsewhere", async () => {
    const server = await startDirectory();
    await addUser(server, "ada");
    expect(await signInStatus(server, "ada", PASSWORD, "203.0.113.7")).toBe(303);
    const guess = (i: number, address: string) => signInStatus(server, "ada", `guess number ${i}`, address);
    const fromOne = [];
    for (let i = 0; i < 12; i += 1) fromOne.push(await guess(i, "198.51.100.1"));
    expect(fromOne.filter((status) => status === 403)).toHaveLength(10);
    expect(fromOne.slice(10)).toEqual([429, 429]);
    expect(await signInStatus(server, "ada", PASSWORD, "203.0.113.7")).toBe(303);
  });

  it("is slowed alike at a name that no one has", async () => {
    const server = await startDirectory();
    const statuses = [];
    for (let i = 0; i < 12; i += 1) {
      statuses.push(await signInStatus(server, "nobody", `guess number ${i}`, "198.51.100.1"));
    }
    expect(statuses).toEqual([...Array(10).fill(403), 429, 429]);
  });
});

describe("an unknown name", () => {
  it("makes the same reads as a known one: the time must not tell them apart", async () => {
    const server = await startDirectory();
    await addUser(server, "ada");
    const readsFor = async (username: string) => {
      const reads: string[] = [];
      const check = createDirectoryCheck({
        ...server,
        store: {
          ...server.store,
          findByIdentity(identity) {
            reads.push("identity");
            return server.store.findByIdentity(identity);
          },
          findCredential(id, kind) {
            reads.push("credential");
            return server.store.findCredential(id, kind);
          },
        },
        clock: server.now,
        log: silentLog,
      });
      await check(username, "wrong password");
      return reads;
    };
    expect(await readsFor("not there")).toEqual(await readsFor("ada"));
  });
});

describe("a wrong password", () => {
  it.each([
    ["a plain one", "wrong password", 1],
    ["one that another system may have composed otherwise", "cafe\u0301 au lait", 2],
  ])("computes one hash of each kind, whoever is behind the name: %s", async (_what, typed, spellings) => {
    const server = await startDirectory();
    await addUser(server, "argon2");
    await addUser(server, "bcrypt", hashSync(PASSWORD, 4));
    await addUser(server, "ours", await passwordHashOf(PASSWORD));
    const computedFor = async (username: string, password = typed) => {
      const computed: number[] = [];
      const check = createDirectoryCheck({
        store: server.store,
        clock: server.now,
        log: silentLog,
        verify(spelling, hash) {
          computed.push(expectedMilliseconds(hash));
          return verifyPassword(spelling, hash);
        },
      });
      await check(username, password);
      return computed.toSorted((a, b) => a - b);
    };
    const forNoOne = await computedFor("no one");
    expect(forNoOne).toHaveLength(3 * spellings);
    for (const username of ["argon2", "bcrypt", "ours", ""]) {
      expect(await computedFor(username), username).toEqual(forNoOne);
    }
    // The right one has nothing to hide.
    expect(await computedFor("ours", PASSWORD)).toHaveLength(1);
  });
});

describe("a flood of sign-ins", () => {
  it("is answered 503 beyond what may wait, for known and unknown names, and no guess is let through", async () => {
    const server = await startDirectory();
    await addUser(server, "ada");
    const queue = createHashingQueue({ atOnce: 1, waiting: 2, waitMs: 5000, now: () => 0 });
    const check = createDirectoryCheck({ store: server.store, clock: server.now, log: silentLog, queue });
    const names = ["ada", "unknown", "ada", "unknown", "ada", "unknown"];
    const answers = await Promise.allSettled(names.map((name) => check(name, "wrong password")));
    expect(answers.slice(0, 3)).toEqual(Array(3).fill({ status: "fulfilled", value: undefined }));
    for (const answer of answers.slice(3)) {
      expect(answer).toMatchObject({
        status: "rejected",
        reason: { code: "temporarily_unavailable", retryAfterSeconds: 5 },
      });
    }
    expect(await check("ada", PASSWORD)).toMatchObject({ label: "ada" });
  });

  it("leaves a right password in, whose hash cannot be replaced now", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada");
    let runs = 0;
    const queue = createHashingQueue({ atOnce: 1, waiting: 0, waitMs: 0, now: () => 0 });
    const check = createDirectoryCheck({
      store: server.store,
      clock: server.now,
      log: silentLog,
      queue: {
        run(task) {
          runs += 1;
          return runs === 1 ? queue.run(task) : queue.run(() => queue.run(task));
        },
      },
    });
    expect(await check("ada", PASSWORD)).toMatchObject({ label: "ada" });
    expect(runs).toBe(2);
    expect((await server.store.findCredential(id, "password"))?.secret).toMatch(/m=8,/);
  });
});

describe("users() and password() in one server", () => {
  it("stop the start: both have the form with a username and a password", async () => {
    const starting = startServer({}, { signIn: [users(), password(() => null)] });
    await expect(starting).rejects.toThrow(/users\(\) and password\(\).*Keep one of them/);
  });
});
