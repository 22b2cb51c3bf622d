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

/** Rows under their headings, each column as wide as it must be. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map(visible)
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  print(dim(line(headings)));
  for (const row of rows) print(line(row));
}

/** Names come from strangers: a control character in one must not reach the terminal. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "�");
}

/** A time as people read it, in UTC to the minute. */
export function time(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace("T", " ")}Z`;
}
