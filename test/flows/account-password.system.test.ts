import { expect, it } from "vitest";
import { users } from "../../src/authorization-server/sign-in/users/users.ts";
import { type AccountPage, follow, openAccount, press, signInToAccount, textOf } from "../support/account.ts";
import { authorizeUrl, callTool, connect, newPkce, register } from "../support/client.ts";
import { type Browser, openBrowser, signIn } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { addUser, PASSWORD, signInStatus, startDirectory } from "../support/users.ts";

// A person of the built-in directory changes their password at /account.

const NEXT = "a goose in the orchard";

/** Ada, signed in at the page. */
async function start({ address = "203.0.113.7" } = {}) {
  const server = await startDirectory();
  await addUser(server, "ada");
  const browser = openBrowser({ fetch: (request) => server.fetch(request, { address }) });
  const page = await signInToAccount(browser, "ada", PASSWORD);
  return { server, browser, page };
}

function change(
  browser: Browser,
  page: Pick<AccountPage, "token">,
  current: string,
  next: string,
  repeated = next,
): Promise<Response> {
  const fields = { current_password: current, new_password: next, repeated_password: repeated };
  return press(browser, page, "users.change_password", fields);
}

const secretOf = async ({ store }: TestServer) =>
  (await store.findCredential("id of ada", "password"))?.secret;

const eventsOf = async ({ store }: TestServer, name: string) =>
  (await store.readAudit({ order: "newest_first", limit: 100 })).filter(({ event }) => event === name);

it("changes it: the new one signs in, the old one does not, and only an argon2id hash is kept", async () => {
  const { server, browser, page } = await start();
  const before = await secretOf(server);
  const after = await follow(browser, await change(browser, page, PASSWORD, NEXT));
  expect(textOf(after.html)).toContain("Your password was changed, and you are signed out everywhere else.");
  const secret = await secretOf(server);
  expect(secret).toMatch(/^\$argon2id\$v=19\$m=\d{5,},t=\d,p=\d\$/);
  expect(secret).not.toBe(before);
  expect(await signInStatus(server, "ada", PASSWORD, "203.0.113.7")).toBe(403);
  expect(await signInStatus(server, "ada", NEXT, "203.0.113.7")).toBe(303);
});

it("has an entry in the audit log, and neither password in it or in the log", async () => {
  const { server, browser, page } = await start();
  await change(browser, page, "not this one", NEXT);
  await follow(browser, await change(browser, page, PASSWORD, NEXT));
  expect(await eventsOf(server, "credential.changed")).toMatchObject([
    { fields: { person: "id of ada", kind: "password", address: "203.0.113.7" } },
  ]);
  const audit = await server.store.readAudit({ order: "newest_first", limit: 100 });
  const told = JSON.stringify([audit, server.lines]);
  for (const text of [PASSWORD, NEXT, "not this one"]) expect(told).not.toContain(text);
});

it("signs the person out everywhere else, and leaves their apps connected", async () => {
  const { server, browser, page } = await start();
  const { access_token } = await connect(server, { username: "ada", password: PASSWORD });
  const [phone, laptop] = [openBrowser(server), openBrowser(server)];
  await signInToAccount(phone, "ada", PASSWORD);
  const { client_id } = await register(server);
  await signIn(laptop, authorizeUrl(client_id, newPkce().challenge), "ada", PASSWORD);
  await follow(browser, await change(browser, page, PASSWORD, NEXT));
  for (const other of [phone, laptop]) expect((await other.request("/account")).status).toBe(303);
  const asked = await laptop.request(authorizeUrl(client_id, newPkce().challenge));
  expect(asked.headers.get("location")).toContain("/oauth/login");
  expect(await server.store.listSessions("id of ada", server.now())).toHaveLength(1);
  await openAccount(browser);
  expect((await callTool(server, access_token)).status).toBe(200);
});

it.each([
  ["a short one", "seven 7", 400, "The password is too short."],
  ["a well-known one", "password123", 400, "one of the most common ones"],
  ["the username and little more", "ada-ada-1", 400, "little more than your username"],
  ["the app's name", "test app1", 400, "little more than your username or the app's name"],
  ["none", "", 400, "The password is too short."],
])("refuses %s, and changes nothing", async (_what, next, status, said) => {
  const { server, browser, page } = await start();
  const before = await secretOf(server);
  const other = openBrowser(server);
  await signInToAccount(other, "ada", PASSWORD);
  const kept = await secretOf(server);
  const answer = await change(browser, page, PASSWORD, next);
  expect(answer.status).toBe(status);
  expect(textOf(await answer.text())).toContain(said);
  expect(await secretOf(server)).toBe(kept);
  expect(before).toBe(kept);
  await openAccount(other);
  expect(await eventsOf(server, "credential.changed")).toEqual([]);
});

it("refuses two new ones that differ, and shows neither again", async () => {
  const { server, browser, page } = await start();
  const before = await secretOf(server);
  const answer = await change(browser, page, PASSWORD, NEXT, `${NEXT}s`);
  expect(answer.status).toBe(400);
  const html = await answer.text();
  expect(textOf(html)).toContain("The two new passwords are not the same.");
  expect(html).not.toContain(NEXT);
  expect(html).not.toContain(PASSWORD);
  expect(await secretOf(server)).toBe(before);
});

it.each([
  ["a wrong current one", "not this one", 403, "The current password is incorrect."],
  ["no current one", "", 400, "Type your password."],
  ["one that is too long", "x".repeat(1025), 400, "The password is too long."],
])("refuses %s, on the page, with the form", async (_what, current, status, said) => {
  const { server, browser, page } = await start();
  const before = await secretOf(server);
  const answer = await change(browser, page, current, NEXT);
  expect(answer.status).toBe(status);
  const html = await answer.text();
  expect(textOf(html)).toContain(said);
  expect(html).toContain('name="current_password"');
  expect(await secretOf(server)).toBe(before);
});

it("counts wrong current ones with those of the sign-in, and then checks none", async () => {
  const { server, browser, page } = await start();
  const statuses: number[] = [];
  for (let guess = 0; guess < 12; guess++) {
    statuses.push((await change(browser, page, `guess ${guess}`, NEXT)).status);
  }
  expect(statuses).toEqual([...Array(10).fill(403), 429, 429]);
  expect(await eventsOf(server, "sign_in.failed")).toHaveLength(10);
  expect(await eventsOf(server, "sign_in.slowed")).toHaveLength(2);
  // The right one is not checked either, here or at the sign-in, and nobody is signed out by it.
  const before = await secretOf(server);
  const slowed = await change(browser, page, PASSWORD, NEXT);
  expect(slowed.status).toBe(429);
  expect(Number(slowed.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await secretOf(server)).toBe(before);
  expect(await signInStatus(server, "ada", PASSWORD, "203.0.113.7")).toBe(429);
  await openAccount(browser);
});

it("counts those of the sign-in here", async () => {
  const { server, browser, page } = await start();
  for (let guess = 0; guess < 10; guess++) {
    await signInStatus(server, "ada", `guess ${guess}`, "203.0.113.7");
  }
  expect((await change(browser, page, PASSWORD, NEXT)).status).toBe(429);
});

it.each([
  [
    "disabled",
    (server: TestServer) =>
      server.store.disablePerson("id of ada", server.now(), by(server, "person.disabled")),
  ],
  [
    "signed out",
    (server: TestServer) =>
      server.store.signOutPerson("id of ada", server.now(), by(server, "person.signed_out")),
  ],
  [
    "removed",
    (server: TestServer) =>
      server.store.removePerson("id of ada", server.now(), by(server, "person.removed")),
  ],
])("changes nothing for a person who was %s", async (_what, end) => {
  const { server, browser, page } = await start();
  const before = await secretOf(server);
  await end(server);
  const answer = await change(browser, page, PASSWORD, NEXT);
  expect(answer.status).toBe(403);
  expect(textOf(await answer.text())).toContain("Nothing was changed");
  expect([before, undefined]).toContain(await secretOf(server));
  expect(await eventsOf(server, "credential.changed")).toEqual([]);
});

it("changes nothing for a person who is disabled while the passwords are hashed", async () => {
  const { server, browser, page } = await start();
  const before = await secretOf(server);
  const changing = change(browser, page, PASSWORD, NEXT);
  await server.store.disablePerson("id of ada", server.now(), by(server, "person.disabled"));
  const answer = await changing;
  expect(answer.status).toBe(403);
  expect(await secretOf(server)).toBe(before);
  expect(await eventsOf(server, "credential.changed")).toEqual([]);
});

it("of two sessions that change it at once, lets one, and ends the other", async () => {
  const { server, browser, page } = await start();
  const thief = openBrowser(server);
  const stolen = await signInToAccount(thief, "ada", PASSWORD);
  const answers = await Promise.all([
    change(browser, page, PASSWORD, NEXT),
    change(thief, stolen, PASSWORD, "the password of a thief"),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 403]);
  expect(await eventsOf(server, "credential.changed")).toHaveLength(1);
  expect(await server.store.listSessions("id of ada", server.now())).toHaveLength(1);
});

it("is offered to those who have one here, with their own name for password managers", async () => {
  const { page } = await start();
  expect(page.html).toMatch(/name="username" value="ada" autocomplete="username"/);
  for (const name of ["current-password", "new-password"]) {
    expect(page.html).toContain(`autocomplete="${name}"`);
  }
  const server = await startServer({}, { signIn: [users(), redirecting("google", "Google")] });
  const browser = openBrowser(server);
  const begun = await browser.request("/account");
  const state = new URL(begun.headers.get("location") ?? "").searchParams.get("state") ?? "";
  const without = await follow(browser, await comeBack(browser, "google", state, { subject: "grace" }));
  expect(without.html).not.toContain('name="current_password"');
  const answer = await change(browser, without, PASSWORD, NEXT);
  expect(answer.status).toBe(400);
  expect(textOf(await answer.text())).toContain("There is no password to change here.");
});

/** An entry of what the operator does. */
function by<Name extends "person.disabled" | "person.signed_out" | "person.removed">(
  server: TestServer,
  event: Name,
) {
  return {
    event,
    at: server.now(),
    fields: { person: "id of ada", operator: "root", address: "command line" },
  };
}
