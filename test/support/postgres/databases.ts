import { randomBytes } from "node:crypto";
import pg from "pg";

/** Databases on a Postgres that runs. */
export type TestDatabases = {
  readonly port: number;
  /** Where a database is: `postgres://…`. Default: the one that every cluster has. */
  url(database?: string): string;
  /**
   * Makes an empty database, and resolves to its URL.
   * @param clauses of CREATE DATABASE
   */
  freshDatabase(clauses?: string): Promise<string>;
  /** Deletes the rows of the store's tables, and their numbers begin at 1 again: much cheaper than a database that is new. */
  empty(url: string): Promise<void>;
  /** Deletes a database, whoever is connected to it. */
  drop(url: string): Promise<void>;
  /** Runs SQL on a connection of its own, as an operator does beside the server. */
  query(url: string, sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
};

export type Row = Readonly<Record<string, unknown>>;

/** With characters that a URL has to escape, and that stand out in a log. */
export const TEST_PASSWORD = "p@ss/w:rd%";

/** The superuser's, to the database that every cluster has. */
export function urlOf(port: number): string {
  return `postgres://postgres:${encodeURIComponent(TEST_PASSWORD)}@127.0.0.1:${port}/postgres`;
}

/** @param main the URL of its superuser */
export function databasesOf(main: string): TestDatabases {
  const emptying = new Map<string, Promise<pg.Client>>();
  const url = (database = "postgres") => new URL(database, main).href;
  return {
    port: Number(new URL(main).port),
    url,
    query,
    async freshDatabase(clauses = "") {
      const name = `test_${randomBytes(6).toString("hex")}`;
      // Copied as files: through the write-ahead log, each would be written twice.
      await query(main, `CREATE DATABASE ${name} ${clauses} STRATEGY FILE_COPY`);
      return url(name);
    },
    async empty(database) {
      const kept = emptying.get(database) ?? connect(database);
      emptying.set(database, kept);
      await (await kept).query(EMPTY);
    },
    async drop(database) {
      await query(main, `DROP DATABASE ${new URL(database).pathname.slice(1)} WITH (FORCE)`);
    },
  };
}

/** Without its triggers: they would announce each row that goes. */
const EMPTY = `DO $$
  DECLARE found text;
  BEGIN
    SET LOCAL session_replication_role = replica;
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'gatehouse_migrations' LOOP
      EXECUTE format('DELETE FROM %I', found);
    END LOOP;
    FOR found IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
      PERFORM setval(found::regclass, 1, false);
    END LOOP;
  END $$`;

/** Kept until its database or Postgres goes: to open a connection takes longer than to delete the rows. */
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url).on("error", () => {});
  await client.connect();
  return client;
}

async function query(url: string, sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...parameters])).rows;
  } finally {
    await client.end();
  }
}
