import { styleText } from "node:util";

/** Colours on a terminal only, and not where NO_COLOR asks for none (both are `styleText`'s own rules). */
export const bold = (text: string) => styleText("bold", text, { stream: process.stdout });
export const dim = (text: string) => styleText("dim", text, { stream: process.stdout });
export const warning = (text: string) => styleText("yellow", text, { stream: process.stdout });

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Names and values, aligned. */
export function printPairs(pairs: readonly (readonly [string, string])[]): void {
  const width = Math.max(...pairs.map(([name]) => name.length));
  for (const [name, value] of pairs) print(`  ${dim(name.padEnd(width))}  ${value}`);
}

/**
 * Rows under their headings, each column as wide as it must be.
 * @returns those widths, for rows that follow.
 */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): readonly number[] {
  const widths = headings.map((heading, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), heading.length),
  );
  print(dim(line(headings, widths)));
  for (const row of rows) printRow(row, widths);
  return widths;
}

export function printRow(cells: readonly string[], widths: readonly number[]): void {
  print(line(cells, widths));
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => visible(cell).padEnd(widths[i] ?? 0))
    .join("  ")
    .trimEnd();
}

/** Names come from strangers: a control character in one must not reach the terminal. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "�");
}

/** A time as people read it, in UTC to the minute. */
export function time(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

/** The same to the second. */
export function exactTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace("T", " ")}Z`;
}
