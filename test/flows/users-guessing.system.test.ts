import { describe, expect, it } from "vitest";
import type { TestServer } from "../support/server.ts";
import { addUser, beginSignIn, PASSWORD, signInStatus, startDirectory } from "../support/users.ts";

const operator = { operator: "root", address: "command line" } as const;

const disable = ({ store, now }: TestServer, person: string) =>
  store.disablePerson(person, now(), {
    event: "person.disabled",
    at: now(),
    fields: { person, ...operator },
  });
const remove = ({ store, now }: TestServer, person: string) =>
  store.removePerson(person, now(), { event: "person.removed", at: now(), fields: { person, ...operator } });

/** Why the same name does not come in with a wrong password. */
const WHO: readonly (readonly [
  who: string,
  prepare: (server: TestServer, name: string) => Promise<unknown>,
])[] = [
  ["no one", async () => {}],
  ["a person", (server, name) => addUser(server, name)],
  ["a disabled person", async (server, name) => disable(server, await addUser(server, name))],
  ["a removed person", async (server, name) => remove(server, await addUser(server, name))],
  ["a person whose hash cannot be used", (server, name) => addUser(server, name, "$2b$31$nothing")],
  [
    "an invited person",
    (server, name) =>
      server.store.addPerson(
        {
          person: { id: "invited" },
          emails: [],
          groups: [],
          identity: { method: "users", issuer: "", subject: name },
          label: name,
          passwordHash: undefined,
          now: server.now(),
        },
        { event: "person.added", at: server.now(), fields: { person: "invited", ...operator } },
      ),
  ],
];

describe("who is behind a name", () => {
  it.each([
    ["after a wrong password", 1, "wrong password", WHO],
    ["after an empty password", 1, "", WHO],
    ["once it is slowed", 11, "wrong password", WHO.slice(0, 3)],
    ["with a password that is too long", 1, "x".repeat(1025), WHO],
  ] as const)("shows nowhere: %s", async (_what, times, password, people) => {
    const answers = [];
    for (const [who, prepare] of people) {
      const server = await startDirectory();
      await prepare(server, "ada");
      const { post, browser, state } = await beginSignIn(server, { address: "192.0.2.1" });
      const before = browser.cookie();
      let answer = new Response();
      for (let time = 0; time < times; time += 1) answer = await post("ada", password);
      expect(browser.cookie(), who).toBe(before);
      const page = (await answer.text()).replaceAll(state, "STATE");
      answers.push({ status: answer.status, headers: [...answer.headers], page });
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.status).toBeGreaterThanOrEqual(400);
  });
});

describe("a guesser", () => {
  it("at one name from many networks is slowed, and the person comes in from where they were before", async () => {
    const server = await startDirectory();
    await addUser(server, "ada");
    expect(await signInStatus(server, "ada", PASSWORD, "203.0.113.7")).toBe(303);
    const guess = (address: string) => signInStatus(server, "ada", "wrong password", address);
    for (let network = 0; network < 100; network += 1) await guess(`10.1.${network}.1`);
    // A block has one check a minute from now on, whichever of its hosts asks.
    expect(await guess("10.2.0.1")).toBe(403);
    expect(await guess("10.2.0.2")).toBe(429);
    expect(await signInStatus(server, "ada", PASSWORD, "10.2.0.3")).toBe(429);
    expect(await signInStatus(server, "ada", PASSWORD, "203.0.113.7")).toBe(303);
    expect(await signInStatus(server, "grace", PASSWORD, "10.2.0.1")).toBe(403);
  });

  it("gains nothing by other spellings of the name", async () => {
    const server = await startDirectory();
    await addUser(server, "ada");
    const spellings = [
      "ada",
      "Ada",
      "ADA",
      " ada",
      "ada ",
      "ａｄａ",
      "ＡＤＡ",
      "aDa",
      "adA",
      "\u3000ada",
      "𝐚𝐝𝐚",
    ];
    const statuses = [];
    for (const name of spellings) {
      statuses.push(await signInStatus(server, name, "wrong password", "198.51.100.1"));
    }
    expect(statuses).toEqual([...Array(10).fill(403), 429]);
  });
});

describe("between the page and the form", () => {
  it("a person who is disabled is refused, and has no session", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada");
    const { post } = await beginSignIn(server);
    await disable(server, id);
    const answer = await post("ada", PASSWORD);
    expect(answer.status).toBe(403);
    expect(answer.headers.get("location")).toBeNull();
    expect(await server.store.listSessions(id, server.now())).toEqual([]);
  });

  it("a person who is disabled while the password is checked has no session either", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada");
    const { post } = await beginSignIn(server);
    const posted = post("ada", PASSWORD);
    await disable(server, id);
    await posted;
    expect(await server.store.listSessions(id, server.now())).toEqual([]);
  });

  it("a person who is removed is no one", async () => {
    const server = await startDirectory();
    const id = await addUser(server, "ada");
    const { post } = await beginSignIn(server);
    await remove(server, id);
    const answer = await post("ada", PASSWORD);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("Incorrect username or password.");
    expect(await server.store.findPerson(id)).toBeUndefined();
  });

  it("the name of a person who was removed proves the next person, and not the one before", async () => {
    const server = await startDirectory();
    await remove(server, await addUser(server, "ada"));
    await server.store.addPerson(
      {
        person: { id: "another" },
        emails: [],
        groups: [],
        identity: { method: "users", issuer: "", subject: "ada" },
        label: "ada",
        passwordHash: undefined,
        now: server.now(),
      },
      { event: "person.added", at: server.now(), fields: { person: "another", ...operator } },
    );
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(403);
  });
});

describe("a field", () => {
  it.each([
    ["a username", "x".repeat(1025), PASSWORD, "The username is too long."],
    ["a password", "ada", "x".repeat(1025), "The password is too long."],
    ["a username of wide characters", "🙂".repeat(513), PASSWORD, "The username is too long."],
  ])(
    "that is too long is refused before anything is counted or computed: %s",
    async (_what, name, typed, why) => {
      const server = await startDirectory();
      await addUser(server, "ada");
      const { post } = await beginSignIn(server, { address: "192.0.2.1" });
      for (let time = 0; time < 12; time += 1) {
        const answer = await post(name, typed);
        expect(answer.status).toBe(400);
        expect(await answer.text()).toContain(why);
      }
      expect((await post("ada", PASSWORD)).status).toBe(303);
    },
  );

  it("that makes the body larger than any form is refused", async () => {
    const server = await startDirectory();
    const { post } = await beginSignIn(server);
    expect((await post("ada", "x".repeat(100_000))).status).toBe(400);
  });

  it("as long as it may be is compared", async () => {
    const server = await startDirectory();
    expect(await signInStatus(server, "x".repeat(1024), "x".repeat(1024))).toBe(403);
  });
});
