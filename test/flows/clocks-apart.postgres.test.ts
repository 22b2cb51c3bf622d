import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InstanceOptions } from "../chaos/instance.ts";
import { PASSWORD } from "../chaos/requests.ts";
import { authorize, callTool, connect, redeem, refresh, register, tokensOf } from "../support/client.ts";
import { claimsOf, SECRET } from "../support/forge.ts";
import { reach } from "../support/network.ts";
import {
  sharedPostgres as startPostgres,
  type SharedPostgres as TestPostgres,
} from "../support/postgres/shared.ts";

// On Postgres all go by the database's clock, so these are held to more than those of clocks-apart.test.ts: what ends, ends
// at the same time on both. The database's clock stands still here, and time passes when a test says so.

const APART_SECONDS = 30;
const CODE_SECONDS = 300;
const GRACE_SECONDS = 40;
/** Either side of an end, so that no comparison of clocks has to be exact. */
const AROUND_SECONDS = 10;
const ADA = { username: "ada", password: PASSWORD };

/** A process of its own, on a machine whose clock is wrong. */
type Instance = ReturnType<typeof reach> & { end(): Promise<unknown> };

let postgres: TestPostgres;
let database: string;
let instances: Readonly<Record<"ahead" | "behind", Instance>>;

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.freshDatabase();
  await postgres.query(database, MOVED_CLOCK);
  const [ahead, behind] = await Promise.all([startInstance(APART_SECONDS), startInstance(-APART_SECONDS)]);
  instances = { ahead, behind };
});
afterAll(async () => {
  await Promise.all(Object.values(instances).map((instance) => instance.end()));
  await postgres.stop();
});

/** Found before the one of Postgres by whoever connects from now on. */
const MOVED_CLOCK = `
  CREATE SCHEMA moved;
  CREATE TABLE moved.clock AS SELECT now() AS shows;
  CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT shows FROM moved.clock';
  DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = public, moved, pg_catalog', current_database());
  END $$`;

async function startInstance(clockAheadSeconds: number): Promise<Instance> {
  const options: InstanceOptions = {
    database,
    secret: SECRET,
    port: 0,
    graceSeconds: GRACE_SECONDS,
    service: "http://127.0.0.1:9",
    clockAheadSeconds,
  };
  const child = fork(join(import.meta.dirname, "../chaos/instance.ts"), [JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // Nothing of this machine's: not its .env file, nor its variables.
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH ?? "" },
  });
  const exit = once(child, "exit");
  const [said] = await Promise.race([once(child, "message"), exit]);
  const { port } = said as { readonly port: number };
  return {
    ...reach(`http://localhost:${port}`),
    end() {
      child.kill();
      return exit;
    },
  };
}

async function pass(seconds: number): Promise<void> {
  await postgres.query(database, "UPDATE moved.clock SET shows = shows + make_interval(secs => $1)", [
    seconds,
  ]);
  const [clock] = await postgres.query(
    database,
    "SELECT extract(epoch FROM shows)::float AS now FROM moved.clock",
  );
  for (const instance of Object.values(instances)) {
    const off = async () => Math.abs((await timeOn(instance)) - Number(clock?.now));
    await expect.poll(off, { timeout: 20_000 }).toBeLessThan(AROUND_SECONDS / 2);
  }
}

/** As it says itself (RFC 7591 §3.2.1), epoch seconds. */
async function timeOn(instance: Instance): Promise<number> {
  return Number((await register(instance)).client_id_issued_at);
}

const call = async (instance: Instance, token: string) => (await callTool(instance, token, "ping")).status;

describe.each([
  ["ahead", "behind"],
  ["behind", "ahead"],
] as const)(
  "what the one begins whose clock is %s, and the one goes on with whose clock is %s",
  (first, second) => {
    let here: Instance;
    let there: Instance;
    beforeAll(() => {
      [here, there] = [instances[first], instances[second]];
    });

    it("a code lives for its five minutes", async () => {
      const { client_id: clientId } = await register(here);
      const [late, tooLate] = [await authorize(here, clientId, ADA), await authorize(here, clientId, ADA)];
      await pass(CODE_SECONDS - AROUND_SECONDS);
      expect((await redeem(there, clientId, late)).status).toBe(200);
      await pass(2 * AROUND_SECONDS);
      for (const instance of [there, here]) {
        const refused = await redeem(instance, clientId, tooLate);
        expect(refused.status).toBe(400);
        expect(await refused.json()).toMatchObject({ error: "invalid_grant" });
      }
    });

    it("a repeated refresh gets the same successor for the grace, and ends the grant after it", async () => {
      const { clientId, ...given } = await connect(here, ADA);
      const refreshed = await tokensOf(refresh(here, clientId, given.refresh_token));
      await pass(GRACE_SECONDS - AROUND_SECONDS);
      for (const instance of [there, here]) {
        const repeated = await tokensOf(refresh(instance, clientId, given.refresh_token));
        expect(repeated.refresh_token).toBe(refreshed.refresh_token);
        expect(await call(there, repeated.access_token)).toBe(200);
      }
      await pass(2 * AROUND_SECONDS);
      expect((await refresh(there, clientId, given.refresh_token)).status).toBe(400);
      expect((await refresh(here, clientId, refreshed.refresh_token)).status).toBe(400);
      for (const instance of [there, here])
        await expect.poll(() => call(instance, refreshed.access_token), { timeout: 20_000 }).toBe(401);
    });

    it("an access token opens both until its end, and neither after it", async () => {
      const { access_token: token, expires_in: seconds } = await connect(here, ADA);
      const { iat, exp } = claimsOf(token);
      expect(exp - iat).toBe(seconds);
      // Whether it was seen there before or not.
      expect(await call(there, token)).toBe(200);
      await pass(seconds - AROUND_SECONDS);
      for (const instance of [there, here]) expect(await call(instance, token)).toBe(200);
      await pass(2 * AROUND_SECONDS);
      for (const instance of [there, here]) expect(await call(instance, token)).toBe(401);
    });

    it("what one issues is not from the other's future, nor long ago", async () => {
      const { clientId, refresh_token: token } = await connect(here, ADA);
      const [mine, theirs] = [
        claimsOf((await tokensOf(refresh(here, clientId, token))).access_token),
        claimsOf((await tokensOf(refresh(there, clientId, token))).access_token),
      ];
      expect(Math.abs(mine.iat - theirs.iat)).toBeLessThan(AROUND_SECONDS / 2);
    });
  },
);
