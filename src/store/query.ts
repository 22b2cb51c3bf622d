import { type AliasableExpression, type Compilable, type Kysely, sql } from "kysely";
import type { Schema } from "./schema.ts";

/** Builds and compiles SQL for one database; it is connected to nothing. */
export type QueryBuilder = Kysely<Schema>;

/** What a parameter may be, in any database. */
export type SqlValue = string | number | null;

/** SQL with its parameters, and how to read a row of the answer. */
export type Query<Result> = {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
  readonly parse: (row: unknown) => Result;
};

/** Runs queries: one of these for each database. */
export type Connection = {
  /** Runs a query that changes nothing, at once. */
  read<Result>(query: Query<Result>): Promise<readonly Result[]>;
  /**
   * Resolves after what was written is durable.
   * @param note the insertion of one row, written in the same commit, where the query returned a row.
   */
  write<Result>(query: Query<Result>, note?: Query<unknown>): Promise<readonly Result[]>;
  /**
   * Runs queries one after the other: all of them last, or none. Resolves to the rows of each one.
   * @param note written in the same commit, where the last query returned a row.
   */
  writeTogether<Results extends readonly unknown[]>(
    queries: QueriesFor<Results>,
    note?: Query<unknown>,
  ): Promise<{ readonly [I in keyof Results]: readonly Results[I][] }>;
  /**
   * Runs queries one after the other, and keeps what they wrote only where each of `required` returned a row.
   * @returns the first row of each of `required`; undefined where nothing was kept.
   */
  writeOrNothing<Results extends readonly unknown[]>(
    writes: WholeWrite<Results>,
  ): Promise<Results | undefined>;
};

export type WholeWrite<Results extends readonly unknown[]> = {
  readonly required: QueriesFor<Results>;
  /** What goes with it, after it, whatever it returns. */
  readonly also?: readonly Query<unknown>[];
  readonly note: Query<unknown>;
};

export type QueriesFor<Results extends readonly unknown[]> = {
  readonly [I in keyof Results]: Query<Results[I]>;
};

/** Stands for a value that is given later: `given("id")`. */
export type Given<Values> = <Name extends keyof Values & string>(
  name: Name,
) => AliasableExpression<Values[Name]>;

/**
 * Builds and compiles a query once, when it is first asked for, and gives the function from values to that query.
 * Building one costs ten times what running it does, and a server needs few of them to start.
 *
 *     const find = prepare(
 *       (given: Given<{ id: string }>) => db.selectFrom("grants").selectAll().where("id", "=", given("id")),
 *       toGrant,
 *     );
 *     const [grant] = await connection.read(find({ id }));
 */
export function prepare<Values extends { readonly [Name in keyof Values]: SqlValue }, Row, Result>(
  build: (given: Given<Values>) => Compilable<Row>,
  parse: (row: Row) => Result,
): (values: Values) => Query<Result> {
  const placeholder = <Name extends keyof Values & string>(name: Name) =>
    sql<Values[Name]>`${new Placeholder(name)}`;
  let compiled: { readonly sql: string; readonly slots: readonly (SqlValue | Placeholder)[] } | undefined;
  const compile = () => {
    const { sql, parameters } = build(placeholder).compile();
    return { sql, slots: parameters as readonly (SqlValue | Placeholder)[] };
  };
  return (values) => {
    compiled ??= compile();
    return {
      sql: compiled.sql,
      parameters: compiled.slots.map((slot) =>
        slot instanceof Placeholder ? values[slot.name as keyof Values] : slot,
      ),
      parse: parse as (row: unknown) => Result,
    };
  };
}

/** A query that is made for one call: where its shape depends on what is asked. */
export function query<Row, Result>(built: Compilable<Row>, parse: (row: Row) => Result): Query<Result> {
  const { sql, parameters } = built.compile();
  return {
    sql,
    parameters: parameters as readonly SqlValue[],
    parse: parse as (row: unknown) => Result,
  };
}

class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}
