import type { Compilable } from "kysely";
import type { QueryBuilder } from "../query.ts";

/**
 * One step of the schema: statements that run in order, in one transaction. Forward only, and never edited once it is
 * released: a change is another step.
 *
 * The previous version of the code goes on while the next one is started, one instance after the other. So a step adds
 * (a table; a column that may be null or has a default), and what nothing uses any more is removed one version later.
 * Nor does a step lock a large table for long: on Postgres, an index on a table that is there is made CONCURRENTLY and
 * outside of the transaction, which the runner has to learn before the next such step.
 */
export type Migration = {
  readonly name: string;
  /**
   * The step that code must know to work with the schema after this one: an earlier one where this one only adds, its
   * own where code without it would break. Older code refuses to start then.
   */
  readonly needs: string;
  readonly up: (db: QueryBuilder, dialect: Dialect) => readonly Compilable[];
};

/** For what no SQL of both databases says. */
export type Dialect = "sqlite" | "postgres";
