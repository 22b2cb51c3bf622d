import { type Compilable, sql } from "kysely";
import type { QueryBuilder } from "../query.ts";
import type { Dialect } from "./migration.ts";

/** A change of a row that every process must hear of. */
export type Announced = {
  readonly trigger: string;
  readonly when: string;
  readonly table: string;
  /** A condition on OLD and NEW. */
  readonly condition?: string;
  readonly kind: string;
  /** The row, and the column of it that says what changed. */
  readonly row: "OLD" | "NEW";
  readonly column: string;
  /**
   * Postgres: announced when the transaction commits. Who announces, waits for the others who do; a transaction that changes
   * more rows after this one must not hold them up until it has locked them all.
   */
  readonly atCommit?: true;
};

/** Makes the trigger that writes it into `changes`, in the commit of the change. */
export function announce(
  db: QueryBuilder,
  dialect: Dialect,
  { trigger, when, table, condition, kind, row, column, atCommit }: Announced,
): Compilable {
  const [constraint, deferred] = atCommit ? ["CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED"] : ["", ""];
  const statements: Readonly<Record<Dialect, string>> = {
    sqlite: `CREATE TRIGGER ${trigger} AFTER ${when} ON ${table} ${condition ? `WHEN ${condition}` : ""} BEGIN
        INSERT INTO changes (kind, subject, made_at)
        VALUES ('${kind}', ${row}.${column}, CAST(unixepoch('subsec') * 1000 AS integer));
      END`,
    postgres: `CREATE ${constraint} TRIGGER ${trigger} AFTER ${when} ON ${table} ${deferred} FOR EACH ROW ${condition ? `WHEN (${condition})` : ""}
      EXECUTE FUNCTION gatehouse_announce('${kind}', '${column}')`,
  };
  return raw(db, statements[dialect]);
}

/** A statement as it stands. */
export function raw(db: QueryBuilder, statement: string): Compilable {
  return { compile: () => sql.raw(statement).compile(db) };
}
