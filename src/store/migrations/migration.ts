import type { Compilable } from "kysely";
import type { QueryBuilder } from "../query.ts";

/**
 * One step of the schema: statements that run in order, in one transaction. Forward only, and never edited once it is
 * released: a change is another step.
 */
export type Migration = {
  readonly name: string;
  readonly up: (db: QueryBuilder) => readonly Compilable[];
};
