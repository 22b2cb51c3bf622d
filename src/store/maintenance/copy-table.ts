import type { Database } from "./database.ts";
import { canonical, createDigest } from "./digest.ts";
import { type Row, type TableQueries, tableQueries } from "./table-queries.ts";
import type { Table } from "./tables.ts";

/** How many rows a table has, and a checksum of them. */
export type TableSum = { readonly rows: number; readonly checksum: string };

export type CopiedTable = TableSum & {
  readonly table: Table;
  /** Rows that were not there, or were other ones. */
  readonly written: number;
};

/** Called after each page, with the number of rows so far. */
export type OnRows = (rows: number) => void;

type Side = { readonly database: Database; readonly queries: TableQueries };

/** Rows that are read and compared at a time; and of those that differ, how many are written in one statement. */
const PAGE_ROWS = 500;
const STATEMENT_ROWS = [PAGE_ROWS, 50, 1];

/** Makes a table what it is at the source. What is the same there already is left as it is. */
export async function copyTable(
  table: Table,
  databases: { readonly from: Database; readonly to: Database },
  onRows: OnRows,
): Promise<CopiedTable> {
  const [from, to] = [sideOf(databases.from), sideOf(databases.to)];
  const isNew = (await countRows(databases.to, table)) === 0;
  // First, so that no row is in the way of one that has taken its place.
  if (!isNew) await removeGone(table, from, to);
  const digest = createDigest();
  let [rows, written] = [0, 0];
  for await (const page of pages(table, from)) {
    const differing = isNew ? page : await differingRows(table, page, to);
    await write(table, differing, to);
    for (const row of page) digest.add(row);
    rows += page.length;
    written += differing.length;
    onRows(rows);
  }
  return { table, rows, written, checksum: digest.text() };
}

export async function sumTable(table: Table, database: Database, onRows: OnRows): Promise<TableSum> {
  const digest = createDigest();
  let rows = 0;
  for await (const page of pages(table, sideOf(database))) {
    for (const row of page) digest.add(row);
    rows += page.length;
    onRows(rows);
  }
  return { rows, checksum: digest.text() };
}

export async function countRows(database: Database, table: Table): Promise<number> {
  const [rows = 0] = await database.run(sideOf(database).queries.count(table));
  return rows;
}

function sideOf(database: Database): Side {
  return { database, queries: tableQueries(database.db) };
}

async function* pages(table: Table, { database, queries }: Side): AsyncGenerator<readonly Row[]> {
  let page: readonly Row[] = [];
  do {
    page = await database.run(queries.page(table, PAGE_ROWS, page.at(-1)));
    if (page.length > 0) yield page;
  } while (page.length === PAGE_ROWS);
}

async function differingRows(table: Table, page: readonly Row[], to: Side): Promise<readonly Row[]> {
  const there = new Set((await to.database.run(to.queries.withKeysOf(table, page))).map(canonical));
  return page.filter((row) => !there.has(canonical(row)));
}

async function write(table: Table, rows: readonly Row[], { database, queries }: Side): Promise<void> {
  if (rows.length === 0) return;
  await database.together(async (run) => {
    for (const chunk of chunksOf(rows)) await run(queries.put(table, chunk));
  });
}

/** Few sizes, so that there are few statements to prepare. */
function* chunksOf(rows: readonly Row[]): Generator<readonly Row[]> {
  let done = 0;
  for (const size of STATEMENT_ROWS) {
    for (; rows.length - done >= size; done += size) yield rows.slice(done, done + size);
  }
}

async function removeGone(table: Table, from: Side, to: Side): Promise<void> {
  const keyOf = (row: Row) => JSON.stringify(table.key.map((column) => row[column]));
  for await (const page of pages(table, to)) {
    const kept = new Set((await from.database.run(from.queries.withKeysOf(table, page))).map(keyOf));
    const gone = page.filter((row) => !kept.has(keyOf(row)));
    if (gone.length > 0) await to.database.together((run) => run(to.queries.remove(table, gone)));
  }
}
