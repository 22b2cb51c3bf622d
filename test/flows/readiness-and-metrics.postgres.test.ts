import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../src/platform/logging.ts";
import { createOAuthServer } from "../../src/server/create-oauth-server.ts";
import { MIGRATION_LOCK } from "../../src/store/postgres/open.ts";
import { callTool, connect } from "../support/client.ts";
import { freePort } from "../support/listening.ts";
import { METRICS_TOKEN, scrape } from "../support/metrics.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import { startServer, type TestServer } from "../support/server.ts";

const SECRET = "a master secret of thirty-two characters";

let postgres: TestPostgres;
let server: TestServer;

beforeAll(async () => {
  postgres = await startPostgres();
  server = await startServer({
    database: await postgres.freshDatabase(),
    secret: SECRET,
    metrics: { token: METRICS_TOKEN },
  });
});
afterAll(async () => {
  await server.drain();
  await server.close();
  await postgres.stop();
});

async function ready(): Promise<unknown> {
  server.advance(1);
  const response = await server.fetch(new Request("https://mcp.example/ready"));
  return { status: response.status, body: await response.json() };
}

const READY = { status: 200, body: { status: "ready" } };
const NO_DATABASE = {
  status: 503,
  body: { status: "not ready", failed: "database", reason: "The database does not answer." },
};

const NO_WRITES = {
  status: 503,
  body: { status: "not ready", failed: "writes", reason: "The database does not take writes." },
};

describe("/ready on Postgres", () => {
  it("is 200 where it answers", async () => {
    expect(await ready()).toEqual(READY);
  });

  it("is 503 while the database takes no writes", async () => {
    const readOnly = (value: string) =>
      postgres.query(
        postgres.url(),
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${value}',
          '${new URL(server.settings.database).pathname.slice(1)}'); END $$`,
      );
    const reconnect = () =>
      postgres.query(
        postgres.url(),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse'",
      );
    await readOnly("on");
    await reconnect();
    await expect.poll(ready, { timeout: 20_000 }).toEqual(NO_WRITES);
    await readOnly("off");
    await reconnect();
    await expect.poll(ready, { timeout: 20_000 }).toEqual(READY);
  });

  it("is 503 while Postgres hangs, and 200 once it goes on; /health and known tokens go on meanwhile", async () => {
    const { access_token: token } = await connect(server);
    expect((await callTool(server, token)).status).toBe(200);
    postgres.hang();
    try {
      expect(await ready()).toEqual(NO_DATABASE);
      expect((await server.fetch(new Request("https://mcp.example/health"))).status).toBe(200);
      expect((await callTool(server, token)).status).toBe(200);
    } finally {
      postgres.goOn();
    }
    await expect.poll(ready, { timeout: 20_000 }).toEqual(READY);
  });

  it("is 503 while Postgres is away, and 200 once it is back", async () => {
    await postgres.goDown();
    expect(await ready()).toEqual(NO_DATABASE);
    await postgres.comeBack();
    await expect.poll(ready, { timeout: 20_000 }).toEqual(READY);
  });

  it("says nothing of where the database is", async () => {
    await postgres.goDown();
    const text = JSON.stringify(await ready());
    await postgres.comeBack();
    expect(text).not.toMatch(/postgres|127\.0\.0\.1|ECONN|p@ss|p%40ss/i);
    await expect.poll(ready, { timeout: 20_000 }).toEqual(READY);
  });
});

describe("a server that is starting", () => {
  it("is alive and not ready while another one migrates the database", async () => {
    const [port, database] = [await freePort(), await postgres.freshDatabase()];
    const migrating = new pg.Client(database);
    await migrating.connect();
    await migrating.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    const starting = createOAuthServer("x", () => null, {
      port,
      database,
      secret: SECRET,
      handleSignals: false,
      log: silentLog,
    });
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    const listening = starting.listen();
    await expect.poll(async () => (await ask("/health").catch(() => undefined))?.status).toBe(200);
    expect((await ask("/ready")).status).toBe(503);
    expect(await (await ask("/ready")).json()).toMatchObject({ failed: "startup" });
    await migrating.end();
    await listening;
    expect(await (await ask("/ready")).json()).toEqual({ status: "ready" });
    await starting.close();
  });
});

describe("the metrics on Postgres", () => {
  it("have the pool: what it holds, what of it is idle, and who waits", async () => {
    await connect(server);
    const series = await scrape(server);
    const connections = series.get("gatehouse_database_pool_connections");
    expect(connections).toBeGreaterThan(0);
    expect(series.get("gatehouse_database_pool_idle_connections")).toBe(connections);
    expect(series.get("gatehouse_database_pool_waiting_requests")).toBe(0);
  });
});
