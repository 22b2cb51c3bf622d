import { createServer, type Server } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_PASSWORD } from "../../../test/support/postgres/databases.ts";
import { startPostgres, type TestPostgres } from "../../../test/support/postgres/postgres.ts";
import { migrationContract } from "../../../test/support/store/migration-contract.ts";
import {
  APPROVED,
  addSamplePerson,
  REVOKED,
  START,
  sampleApproval,
} from "../../../test/support/store/samples.ts";
import { storeContract } from "../../../test/support/store/store-contract.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { MIGRATIONS } from "../migrations/index.ts";
import { openPostgresDatabase } from "./database.ts";
import { MIGRATION_LOCK } from "./open.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const migrationsOf = async (url: string): Promise<readonly unknown[]> =>
  (await postgres.query(url, "SELECT name FROM gatehouse_migrations ORDER BY name")).map(({ name }) => name);
const tablesOf = async (url: string): Promise<readonly unknown[]> =>
  (await postgres.query(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).map(
    ({ tablename }) => tablename,
  );
const KNOWN = MIGRATIONS.map(({ name }) => name);

describe("a database that cannot be opened is named, without its password and with what to do", () => {
  const refusal = async (database: string): Promise<string> => {
    const error = await openTestStore({ database }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    const { message, cause } = error as ConfigurationError;
    expect(cause).toBeUndefined();
    expect(message).toMatch(/^The database postgres:\/\/\S+ /);
    for (const password of [TEST_PASSWORD, encodeURIComponent(TEST_PASSWORD), "wrong"]) {
      expect(message).not.toContain(password);
    }
    expect(message).not.toContain("\n");
    return message;
  };
  const changed = (change: (url: URL) => void): string => {
    const url = new URL(postgres.url());
    change(url);
    return url.href;
  };

  test("its password is wrong", async () => {
    expect(await refusal(changed((url) => (url.password = "wrong")))).toMatch(
      /refuses this user or password/,
    );
  });

  test("it wants a password, and there is none", async () => {
    expect(await refusal(changed((url) => (url.password = "")))).toMatch(
      /needs a password\. .*set PGPASSWORD/,
    );
  });

  test("a file that its URL names is not there", async () => {
    const url = changed(({ searchParams }) => {
      searchParams.set("sslmode", "verify-full");
      searchParams.set("sslrootcert", "/nowhere/ca.pem");
    });
    expect(await refusal(url)).toMatch(
      /has \/nowhere\/ca\.pem in its URL, which cannot be read .*sslrootcert/,
    );
  });

  test("it is not there", async () => {
    expect(await refusal(postgres.url("nowhere"))).toMatch(/\/nowhere does not exist\. Make it/);
  });

  test("its host is not there", async () => {
    expect(await refusal("postgres://app:wrong@no-such-host.invalid/app")).toMatch(/its host is not known/);
  });

  test("nothing listens", async () => {
    expect(await refusal("postgres://app:wrong@127.0.0.1:1/app")).toMatch(/nothing listens there/);
  });

  test("it has no connection left", async () => {
    const url = new URL(await postgres.freshDatabase());
    await postgres.query(url.href, "CREATE ROLE busy LOGIN CONNECTION LIMIT 0 PASSWORD 'wrong'");
    [url.username, url.password] = ["busy", "wrong"];
    expect(await refusal(url.href)).toMatch(/has no connection left\. Raise/);
  });

  test("it does not speak TLS, and the URL asks for it", async () => {
    const url = changed(({ searchParams }) => searchParams.set("sslmode", "verify-full"));
    expect(await refusal(url)).toMatch(/does not speak TLS\. Switch it on there, or remove sslmode/);
  });

  test("the user may make no tables", async () => {
    const url = await postgres.freshDatabase();
    await postgres.query(url, "CREATE ROLE poor LOGIN PASSWORD 'wrong'");
    const poor = new URL(url);
    [poor.username, poor.password] = ["poor", "wrong"];
    expect(await refusal(poor.href)).toMatch(/does not give this user .*: .*schema.*GRANT CREATE ON SCHEMA/);
    await postgres.query(url, "GRANT CREATE ON SCHEMA public TO poor");
    await (await openTestStore({ database: url })).close();
    expect(await refusal(poor.href)).toMatch(/: .*for table .*GRANT SELECT, INSERT, UPDATE, DELETE ON ALL/);
    await postgres.query(url, `REVOKE CONNECT ON DATABASE ${poor.pathname.slice(1)} FROM PUBLIC`);
    expect(await refusal(poor.href)).toMatch(/: .*for database .*GRANT CONNECT ON DATABASE/);
  });

  test("it has tables of another program, which stay as they are", async () => {
    const url = await postgres.freshDatabase();
    await postgres.query(url, "CREATE TABLE clients (name text)");
    expect(await refusal(url)).toMatch(/has tables of another program: .*"clients" already exists/);
    expect(await tablesOf(url)).toEqual(["clients"]);
  });

  test("a pooler refuses settings, so that it needs to be known", async () => {
    const pooler = await startRefusingServer("08P01", "unsupported startup parameter: statement_timeout");
    expect(await refusal(`postgres://app:wrong@127.0.0.1:${pooler.port}/app`)).toMatch(
      /is behind PgBouncer.*add \?pgbouncer=true/,
    );
    pooler.server.close();
  });
});

describe("opening", () => {
  test("waits for a Postgres that is just starting", async () => {
    const database = await postgres.freshDatabase();
    await postgres.goDown();
    const opened = openTestStore({ database });
    await postgres.comeBack();
    await (await opened).close();
  });

  test("by many at once migrates once", async () => {
    const database = await postgres.freshDatabase();
    const stores = await Promise.all(Array.from({ length: 8 }, () => openTestStore({ database })));
    expect(await migrationsOf(database)).toEqual(KNOWN);
    const [first] = stores;
    if (first) await addSamplePerson(first);
    await first?.approve(sampleApproval(), APPROVED);
    for (const store of stores) expect(await store.findGrant("grant-1")).toBeDefined();
    await Promise.all(stores.map((store) => store.close()));
  });

  test("needs no right to make tables once they are there", async () => {
    const database = await postgres.freshDatabase();
    await (await openTestStore({ database })).close();
    await postgres.query(database, "CREATE ROLE plain LOGIN PASSWORD 'plain'");
    await postgres.query(
      database,
      "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plain",
    );
    const plain = new URL(database);
    [plain.username, plain.password] = ["plain", "plain"];
    const store = await openTestStore({ database: plain.href });
    await addSamplePerson(store);
    await store.approve(sampleApproval(), APPROVED);
    // Announced by a function that works with this user's rights.
    expect(await store.revokeGrant("grant-1", "operator", START, REVOKED)).toBe(true);
    await store.close();
  });

  test("does not wait for a migration where there is nothing to do", async () => {
    const database = await postgres.freshDatabase();
    await (await openTestStore({ database })).close();
    const migrating = new pg.Client(database);
    await migrating.connect();
    await migrating.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    await (await openTestStore({ database })).close();
    await migrating.end();
  });

  test("a database of a newer version that does not work with this one is refused and left alone", async () => {
    const database = await postgres.freshDatabase();
    await (await openTestStore({ database })).close();
    await postgres.query(database, "INSERT INTO gatehouse_migrations VALUES ('9998-next', '9998-next')");
    await postgres.query(database, "INSERT INTO gatehouse_migrations VALUES ('9999-later', '9998-next')");
    await expect(openTestStore({ database })).rejects.toThrow(
      /was made by a newer version of Gatehouse \(it has 9998-next, 9999-later\)/,
    );
  });
});

migrationContract("Postgres", async () => openPostgresDatabase(await postgres.freshDatabase(), "anybody"));

/** What the next version may do while this one goes on: it adds. */
const NEWER = [
  "ALTER TABLE grants ADD COLUMN device text",
  "ALTER TABLE grants ADD COLUMN uses bigint NOT NULL DEFAULT 0",
  "ALTER TABLE clients ADD COLUMN device text",
  "ALTER TABLE signing_keys ADD COLUMN device text",
  "ALTER TABLE assertions ADD COLUMN device text",
  "CREATE TABLE devices (id text PRIMARY KEY)",
  "CREATE INDEX grants_device ON grants (device)",
  `INSERT INTO gatehouse_migrations VALUES ('9999-devices', '${KNOWN[0]}')`,
];

// A rolling upgrade: the next version has migrated, and this one goes on until its turn comes, or is started again.
describe("beside a newer version", () => {
  let newer: string;
  beforeAll(async () => {
    newer = await postgres.freshDatabase();
    await (await openTestStore({ database: newer })).close();
    await postgres.query(newer, NEWER.join(";\n"));
  });
  storeContract("Postgres, with the schema of a newer version", async () => {
    await postgres.empty(newer);
    return openTestStore({ database: newer });
  });
});

/** Takes a connection, and answers the first message with an error, in the words of Postgres's protocol. */
async function startRefusingServer(code: string, message: string): Promise<{ server: Server; port: number }> {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const answer = Buffer.concat([Buffer.from("E"), Buffer.alloc(4), fields]);
  answer.writeInt32BE(fields.length + 4, 1);
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, port: address.port };
}
