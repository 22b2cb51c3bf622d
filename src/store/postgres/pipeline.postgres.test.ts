import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../../test/support/postgres/shared.ts";
import { createPipeline, type Pipeline, type Shared } from "./pipeline.ts";

const SECOND = 1000;
let postgres: SharedPostgres;
let database: string;
beforeAll(async () => {
  postgres = await sharedPostgres();
  database = await postgres.freshDatabase();
});
afterAll(() => postgres.stop());

let pool: pg.Pool;
beforeEach(async () => {
  pool = poolOf(1);
  await pool.query("CREATE TABLE IF NOT EXISTS things (name text PRIMARY KEY)");
  await pool.query("TRUNCATE things");
  failed.mockClear();
});
afterEach(() => pool.end());

const poolOf = (max: number): pg.Pool => {
  const made = new pg.Pool({ connectionString: database, max, pipeline: true });
  made.on("error", () => {});
  made.on("connect", (client) => client.on("error", () => {}));
  return made;
};
const failed = vi.fn<(error: unknown) => void>();
const pipelineOn = (on: pg.Pool, isUsableAfter = () => true): Pipeline =>
  createPipeline(on, { connections: on.options.max, together: () => 8, isUsableAfter, failed });
const soon = () => performance.now() + 10 * SECOND;
const statement =
  (sql: string): Shared<readonly unknown[]> =>
  async (client) =>
    (await client.query(sql)).rows;
const backend = statement("SELECT pg_backend_pid() AS pid");
const nap = statement("SELECT pg_sleep(0.2)");
const things = async () => (await pool.query("SELECT name FROM things ORDER BY name")).rows;

test("what waits for the same connection is sent before the first of it is answered", async () => {
  const pipeline = pipelineOn(pool);
  const sent: number[] = [];
  const answered: number[] = [];
  const numbered = (i: number) =>
    pipeline.run(async (client) => {
      sent.push(i);
      const { rows } = await client.query("SELECT $1::int AS i", [i]);
      answered.push(i);
      if (i === 2) expect(sent).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      return rows;
    }, soon());
  const answers = await Promise.all([...Array(10).keys()].map(numbered));
  expect(answers).toEqual([...Array(10).keys()].map((i) => [{ i }]));
  expect(answered).toEqual([...Array(10).keys()]);
});

test("each has a commit and an error of its own", async () => {
  const pipeline = pipelineOn(pool);
  const insert = (name: string) => pipeline.run(statement(`INSERT INTO things VALUES ('${name}')`), soon());
  const outcomes = await Promise.allSettled([insert("a"), insert("b"), insert("a"), insert("c")]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect(await things()).toEqual([{ name: "a" }, { name: "b" }, { name: "c" }]);
  expect(failed.mock.calls).toEqual([[expect.objectContaining({ code: "23505" })]]);
});

test("of what failed together, the first failure is told: the others may come of it", async () => {
  const pipeline = pipelineOn(pool);
  const named = () =>
    pipeline.run((client) => client.query({ name: "same", text: "SELECT * FROM missing" }), soon());
  const outcomes = await Promise.allSettled([named(), named()]);
  expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.code)).toEqual([
    "42P01",
    "26000",
  ]);
  expect(failed.mock.calls).toEqual([[expect.objectContaining({ code: "42P01" })]]);
});

test("connections that are free are used before one is shared", async () => {
  const four = poolOf(4);
  try {
    const pipeline = pipelineOn(four);
    const pids = async () => {
      const rows = await Promise.all([1, 2, 3, 4].map(() => pipeline.run(backend, soon())));
      return new Set(rows.map(([row]) => (row as { readonly pid: number }).pid)).size;
    };
    expect([await pids(), await pids()]).toEqual([4, 4]);
  } finally {
    await four.end();
  }
});

test("nothing waits for a connection for longer than it may, and what is given up is not done", async () => {
  const pipeline = pipelineOn(pool);
  const first = pipeline.run(nap, soon());
  await new Promise(setImmediate);
  const late = pipeline.run(statement("INSERT INTO things VALUES ('late')"), performance.now() + 50);
  const patient = pipeline.run(backend, soon());
  expect(pipeline.waiting()).toBe(2);
  await expect(late).rejects.toMatchObject({ code: "temporarily_unavailable" });
  expect(pipeline.waiting()).toBe(1);
  await Promise.all([first, patient]);
  expect(await things()).toEqual([]);
});

test("with a connection that ends goes what was under way on it, and nothing else", async () => {
  const pipeline = pipelineOn(pool, () => false);
  const ended = pipeline.run(statement("SELECT pg_terminate_backend(pg_backend_pid())"), soon());
  const behind = [1, 2, 3].map(() => pipeline.run(backend, soon()));
  const outcomes = await Promise.allSettled([ended, ...behind]);
  expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
  expect(await pipeline.run(backend, soon())).toHaveLength(1);
  expect([pipeline.waiting(), pool.totalCount]).toEqual([0, 1]);
});

test("a connection that could not be made is the answer to those that it was made for", async () => {
  const nowhere = new pg.Pool({ connectionString: "postgres://app:wrong@127.0.0.1:1/app", max: 2 });
  const pipeline = pipelineOn(nowhere);
  const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(() => pipeline.run(backend, soon())));
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "ECONNREFUSED" } });
  await nowhere.end();
});

test("a connection that could not be made is the answer to one; the others wait for those that work", async () => {
  const two = poolOf(2);
  try {
    const pipeline = pipelineOn(two);
    const sent = Promise.withResolvers<void>();
    const busy = pipeline.run((client) => {
      sent.resolve();
      return nap(client);
    }, soon());
    await sent.promise;
    const connect = two.connect.bind(two);
    two.connect = (async () => {
      two.connect = connect;
      throw new Error("no luck");
    }) as typeof connect;
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => pipeline.run(backend, soon())));
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    await busy;
  } finally {
    await two.end();
  }
});

test("a connection that was asked for before, and is not to be had, is no answer to who came since", async () => {
  const pipeline = pipelineOn(pool);
  const asked = Promise.withResolvers<pg.PoolClient>();
  const connect = pool.connect.bind(pool);
  pool.connect = (() => {
    pool.connect = connect;
    return asked.promise;
  }) as typeof connect;
  const early = pipeline.run(backend, performance.now() + 50);
  await expect(early).rejects.toMatchObject({ code: "temporarily_unavailable" });
  const later = pipeline.run(backend, soon());
  asked.reject(new Error("no luck"));
  expect(await later).toHaveLength(1);
});

test("one connection is not kept from who wants it alone, however much is shared on it", async () => {
  const pipeline = pipelineOn(pool);
  let running = true;
  const load = async () => {
    while (running) await pipeline.run(backend, soon());
  };
  const loads = Array.from({ length: 20 }, load);
  const client = await pool.connect();
  client.release();
  running = false;
  await Promise.all(loads);
});
