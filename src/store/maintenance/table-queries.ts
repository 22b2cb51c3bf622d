import { type RawBuilder, sql } from "kysely";
import type { Query, QueryBuilder, SqlValue } from "../query.ts";
import type { Table } from "./tables.ts";

/** A row as the database has it. */
export type Row = Readonly<Record<string, SqlValue>>;

/** Reads and writes the rows of any table, whatever they mean. */
export type TableQueries = {
  count(table: Table): Query<number>;
  /** The next rows by primary key. @param after the last row of the page before */
  page(table: Table, limit: number, after: Row | undefined): Query<Row>;
  /** The rows that have the primary keys of these. */
  withKeysOf(table: Table, rows: readonly Row[]): Query<Row>;
  /** Writes rows, over those that have their primary keys. */
  put(table: Table, rows: readonly Row[]): Query<undefined>;
  remove(table: Table, rows: readonly Row[]): Query<undefined>;
  /** Postgres: goes on counting after the greatest key that was put. */
  continueNumbers(table: Table): Query<undefined>;
};

export function tableQueries(db: QueryBuilder): TableQueries {
  const compile = <Result>(built: RawBuilder<unknown>, parse: (row: Row) => Result): Query<Result> => {
    const compiled = built.compile(db);
    return {
      sql: compiled.sql,
      parameters: compiled.parameters as readonly SqlValue[],
      parse: parse as (row: unknown) => Result,
    };
  };

  /** Building the text of five hundred rows takes longer than writing them: it is built once for each number of rows. */
  const texts = new Map<string, string>();
  const insertion = (table: Table, columns: readonly string[], rows: readonly Row[]): string => {
    const key = `${table.name} ${rows.length}`;
    const text = texts.get(key) ?? upsert(table, columns, rows).compile(db).sql;
    texts.set(key, text);
    return text;
  };

  return {
    count: (table) =>
      compile(sql`select count(*) as rows from ${sql.table(table.name)}`, ({ rows }) => Number(rows)),
    page(table, limit, after) {
      const from = after ? sql`where ${keyOf(table)} > ${sql`(${valuesOf(table, after)})`}` : sql``;
      const order = sql.join(table.key.map((column) => sql.ref(column)));
      return compile(
        sql`select * from ${sql.table(table.name)} ${from} order by ${order} limit ${limit}`,
        same,
      );
    },
    withKeysOf: (table, rows) =>
      compile(sql`select * from ${sql.table(table.name)} where ${isOneOf(table, rows)}`, same),
    put(table, rows) {
      const columns = Object.keys(rows[0] ?? {});
      return {
        sql: insertion(table, columns, rows),
        parameters: rows.flatMap((row) => columns.map((column) => row[column] ?? null)),
        parse: nothing,
      };
    },
    remove: (table, rows) =>
      compile(sql`delete from ${sql.table(table.name)} where ${isOneOf(table, rows)}`, nothing),
    continueNumbers({ name, key: [column = ""] }) {
      const greatest = sql`(select max(${sql.ref(column)}) from ${sql.table(name)})`;
      return compile(sql`select setval(pg_get_serial_sequence(${name}, ${column}), ${greatest})`, nothing);
    },
  };
}

function upsert(table: Table, columns: readonly string[], rows: readonly Row[]): RawBuilder<unknown> {
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`);
  const changes = columns
    .filter((column) => !table.key.includes(column))
    .map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`);
  const key = sql.join(table.key.map((column) => sql.ref(column)));
  return sql`insert into ${sql.table(table.name)} (${names}) values ${sql.join(values)}
    on conflict (${key}) do update set ${sql.join(changes)}`;
}

function keyOf({ key }: Table): RawBuilder<unknown> {
  return sql`(${sql.join(key.map((column) => sql.ref(column)))})`;
}

function valuesOf({ key }: Table, row: Row): RawBuilder<unknown> {
  return sql.join(key.map((column) => row[column] ?? null));
}

/** SQLite takes no list of tuples, so a key of two columns is spelled out. */
function isOneOf(table: Table, rows: readonly Row[]): RawBuilder<unknown> {
  const [column = "", ...more] = table.key;
  if (more.length === 0)
    return sql`${sql.ref(column)} in (${sql.join(rows.map((row) => row[column] ?? null))})`;
  const same = rows.map((row) => sql`(${keyOf(table)} = (${valuesOf(table, row)}))`);
  return sql.join(same, sql` or `);
}

function same(row: Row): Row {
  return row;
}

function nothing(): undefined {
  return undefined;
}
