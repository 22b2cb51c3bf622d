import { afterAll, beforeAll, expect, it } from "vitest";
import { passkeys } from "../../src/authorization-server/sign-in/passkeys/passkeys.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import { follow, press } from "../support/account.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import { addPasskey, openSignIn, outcomeOf, PASSKEY_REMOVE } from "../support/passkey-people.ts";
import { openBrowser } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import { PEOPLE, type TestServer } from "../support/server.ts";

// Two instances on one database: a passkey is made at one, and used at the other.

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres?.stop());

const ON = "303 /oauth/consent";
const check = (name: string, typed: string) => (PEOPLE[name] === typed ? { id: name, name } : null);

async function start(): Promise<Instances> {
  const signIn = [password(check), passkeys()];
  return startInstances(await postgres.freshDatabase(), {}, { signIn });
}

/** A browser whose requests a test sends to either. */
function switching(first: TestServer) {
  const at = { server: first };
  return {
    at,
    browser: openBrowser({ fetch: (request, connection) => at.server.fetch(request, connection) }),
  };
}

it("a passkey that is added at one signs in at the other, and begins at one and ends at the other", async () => {
  const { a, b, balanced, close } = await start();
  const { authenticator, browser, page } = await addPasskey(a);
  const there = await openSignIn(b);
  expect(outcomeOf(await there.post(authenticator.get(there.options)))).toBe(ON);
  const between = await openSignIn(b, openBrowser(balanced));
  expect(outcomeOf(await between.post(authenticator.get(between.options)))).toBe(ON);
  await follow(browser, await press(browser, page, PASSKEY_REMOVE, { credential: authenticator.id }));
  const gone = await openSignIn(b);
  expect(outcomeOf(await gone.post(authenticator.get(gone.options)))).toBe("unknown_passkey");
  await close();
});

it("a challenge that was used at one is refused at the other, also at once", async () => {
  const { a, b, close } = await start();
  const { authenticator } = await addPasskey(a, { counts: false });
  const { at, browser } = switching(a);
  const { post, options } = await openSignIn(a, browser);
  const answer = authenticator.get(options);
  expect(outcomeOf(await post(answer))).toBe(ON);
  at.server = b;
  expect(outcomeOf(await post(answer))).toBe("wrong_answer");
  const other = switching(b);
  const next = await openSignIn(b, other.browser);
  const once = authenticator.get(next.options);
  const both = [a, b].map((server) => {
    other.at.server = server;
    return next.post(once);
  });
  expect((await Promise.all(both)).map(outcomeOf).sort()).toEqual([ON, "wrong_answer"].sort());
  await close();
});

it("of two copies that sign at both at once, one gets in", async () => {
  const { a, b, close } = await start();
  const { authenticator } = await addPasskey(a);
  const visits = [await openSignIn(a), await openSignIn(b)];
  const answers = await Promise.all(
    visits.map(({ post, options }) => post(authenticator.get(options, { counter: 9 }))),
  );
  expect(answers.map(outcomeOf).filter((outcome) => outcome === ON)).toHaveLength(1);
  expect((await a.store.findCredential("ada", "passkey", authenticator.id))?.counter).toBe(9);
  await close();
});
