import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigurationError } from "../../../src/core/errors.ts";
import type { Database } from "../../../src/store/maintenance/database.ts";
import { schemaStateOf } from "../../../src/store/maintenance/schema-state.ts";
import { migrate } from "../../../src/store/migrate.ts";
import { saidByOperator } from "../../../src/store/migrations/0006-said-by-operator.ts";
import { MIGRATIONS } from "../../../src/store/migrations/index.ts";
import type { Migration } from "../../../src/store/migrations/migration.ts";
import { query } from "../../../src/store/query.ts";

/** Steps that later versions could have. The second one only adds; code that does not know the third cannot go on. */
const PLANETS = step("0001-planets", "0001-planets", "CREATE TABLE planets (name text PRIMARY KEY)");
const MOONS = step(
  "0002-moons",
  "0001-planets",
  "CREATE TABLE moons (name text PRIMARY KEY)",
  "ALTER TABLE planets ADD COLUMN moons bigint NOT NULL DEFAULT 0",
);
const NAMES = step("0003-names", "0003-names", "ALTER TABLE planets RENAME COLUMN name TO latin_name");

/** How each kind of database is brought up to date. `open` opens an empty one. */
export function migrationContract(name: string, open: () => Promise<Database>): void {
  describe(`migrations on ${name}`, () => {
    let database: Database;
    beforeEach(async () => {
      database = await open();
    });
    afterEach(() => database.close());

    const upgrade = (...steps: readonly Migration[]) => migrate(database.db, database, steps);
    const run = async (statement: string) => {
      const built = { compile: () => sql.raw(statement).compile(database.db) };
      return [...(await database.run(query(built, (row) => row)))];
    };

    test("run in order, each once", async () => {
      expect(await upgrade(PLANETS, MOONS)).toEqual(["0001-planets", "0002-moons"]);
      expect(await upgrade(PLANETS, MOONS)).toEqual([]);
      expect(await upgrade(PLANETS, MOONS, NAMES)).toEqual(["0003-names"]);
      await run("INSERT INTO planets (latin_name) VALUES ('Mars')");
      expect(await run("SELECT * FROM planets")).toEqual([{ latin_name: "Mars", moons: 0 }]);
    });

    test("keep the rows that are there", async () => {
      await upgrade(PLANETS);
      await run("INSERT INTO planets (name) VALUES ('Venus')");
      await upgrade(PLANETS, MOONS, NAMES);
      expect(await run("SELECT * FROM planets")).toEqual([{ latin_name: "Venus", moons: 0 }]);
    });

    test("are told apart: applied, pending, and unknown to this version", async () => {
      expect(await schemaStateOf(database, [PLANETS])).toBeUndefined();
      await upgrade(PLANETS, MOONS);
      expect(await schemaStateOf(database, [PLANETS, NAMES])).toEqual({
        applied: ["0001-planets", "0002-moons"],
        pending: ["0003-names"],
        unknown: ["0002-moons"],
        isUnfinishedCopy: false,
      });
    });

    test("of a newer version that only add let this version go on", async () => {
      await upgrade(PLANETS, MOONS);
      expect(await upgrade(PLANETS)).toEqual([]);
    });

    test("of a newer version that take something away do not", async () => {
      await upgrade(PLANETS, MOONS, NAMES);
      const refused = expect(upgrade(PLANETS, MOONS)).rejects;
      await refused.toThrow(ConfigurationError);
      await refused.toThrow(/was made by a newer version of Gatehouse \(it has 0003-names\)/);
    });

    test("leave nothing behind where one fails", async () => {
      await upgrade(PLANETS);
      const failing = step("0003-failing", "0001-planets", "CREATE TABLE comets (name text)", "NONSENSE");
      await expect(upgrade(PLANETS, MOONS, failing)).rejects.toThrow();
      expect((await schemaStateOf(database, [PLANETS]))?.applied).toEqual(["0001-planets"]);
      // Nor are its tables: the same steps can be made again.
      expect(await upgrade(PLANETS, MOONS)).toEqual(["0002-moons"]);
    });

    test("mark those whom the operator added before: who have a username or a password", async () => {
      const before = MIGRATIONS.slice(0, MIGRATIONS.indexOf(saidByOperator));
      await upgrade(...before);
      for (const id of ["named", "hashed", "of-a-provider", "passkey-only"])
        await run(`INSERT INTO people (id, profile, emails, groups, found_by, created_at)
          VALUES ('${id}', '{"id":"${id}"}', '[]', '[]', '${id}', 1)`);
      const identity = (method: string, id: string) =>
        run(`INSERT INTO identities (method, issuer, subject, person_id, label, created_at)
          VALUES ('${method}', '', '${id}', '${id}', '${id}', 1)`);
      const credential = (kind: string, id: string) =>
        run(`INSERT INTO credentials (person_id, kind, id, secret, scheme, created_at)
          VALUES ('${id}', '${kind}', '', 'x', '', 1)`);
      await identity("users", "named");
      await identity("oidc", "of-a-provider");
      await credential("password", "hashed");
      await credential("passkey", "passkey-only");
      await upgrade(...MIGRATIONS);
      const marked = await run("SELECT id FROM people WHERE said_by_operator = 1 ORDER BY id");
      expect(marked).toEqual([{ id: "hashed" }, { id: "named" }]);
    });

    test("are refused on a database from before the first release", async () => {
      await upgrade(step("0001-initial", "0001-initial", "CREATE TABLE todos (id text)"));
      const refused = expect(migrate(database.db, database)).rejects;
      await refused.toThrow(ConfigurationError);
      await refused.toThrow(`The database ${database.name} was made before the first release of Gatehouse`);
      expect((await schemaStateOf(database))?.applied).toEqual(["0001-initial"]);
    });
  });
}

function step(name: string, needs: string, ...statements: readonly string[]): Migration {
  return {
    name,
    needs,
    up: (db) => statements.map((statement) => ({ compile: () => sql.raw(statement).compile(db) })),
  };
}
