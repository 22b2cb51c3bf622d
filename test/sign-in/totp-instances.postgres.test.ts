import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { totp } from "../../src/authorization-server/sign-in/index.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import {
  LOVELACE,
  browserOf as openAt,
  setUpAtSignIn,
  typeCode,
  typeRecoveryCode,
  withPassword,
} from "../support/sign-in/authenticator.ts";

// One person, two instances of one server: a code counts once on both together, and so do the tries.

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

let database: string;
let instances: Instances;
const start = () => {
  const people = password((name, typed) => (typed === LOVELACE ? { id: name } : null));
  return startInstances(database, {}, { signIn: [people, totp()] });
};
beforeEach(async () => {
  database = await postgres.freshDatabase();
  instances = await start();
});
afterEach(() => instances.close());

it("a code or recovery code that comes to both at once signs in at one", async () => {
  const { a, b } = instances;
  const { app, recoveryCodes } = await setUpAtSignIn(a);
  for (const server of [a, b]) server.advance(60);
  for (const [type, typed] of [
    [typeCode, app.code()],
    [typeRecoveryCode, recoveryCodes[0] ?? ""],
  ] as const) {
    const waiting = await Promise.all([a, b, a, b].map((server) => withPassword(server, openAt(server))));
    const answers = await Promise.all(waiting.map(({ browser, state }) => type(browser, state, typed)));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 403, 403, 403]);
  }
});

it("a setup that is finished at both at once is one", async () => {
  const both = await Promise.all([instances.a, instances.b].map((server) => setUpAtSignIn(server)));
  expect(both.filter(({ answer }) => answer.status === 200)).toHaveLength(1);
  const kept = await instances.a.store.listCredentials("ada");
  expect(kept.map(({ kind }) => kind).filter((kind) => kind === "totp")).toHaveLength(1);
  expect(kept).toHaveLength(11);
});

it("wrong codes are counted at both together, and across a restart", async () => {
  const { app } = await setUpAtSignIn(instances.a);
  const guess = async (server: Instances["a"]) => {
    const { browser, state } = await withPassword(server, openAt(server));
    return (await typeCode(browser, state, app.wrong())).status;
  };
  for (let i = 0; i < 5; i++) {
    expect(await guess(instances.a)).toBe(403);
    expect(await guess(instances.b)).toBe(403);
  }
  expect(await guess(instances.b)).toBe(429);
  await instances.close();
  instances = await start();
  expect(await guess(instances.a)).toBe(429);
});
