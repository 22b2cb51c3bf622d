import { styleText } from "node:util";
import { visible, visibleJson, visibleLines } from "../platform/terminal.ts";

/** Colours on a terminal only, and not where NO_COLOR asks for none (both are `styleText`'s own rules). */
export const bold = (text: string) => styleText("bold", text, { stream: process.stdout });
export const dim = (text: string) => styleText("dim", text, { stream: process.stdout });
export const warning = (text: string) => styleText("yellow", text, { stream: process.stdout });

export function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

/** Beside the result: what went wrong, or what else there is. */
export function printError(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

export function printJson(value: unknown): void {
  print(visibleJson(JSON.stringify(value, null, 2)));
}

/** Text as a terminal may have it: of all control characters, line breaks and our own colours alone. */
export function printable(text: string): string {
  return visibleLines(text, OWN_COLOURS);
}

/** What {@link bold}, {@link dim} and {@link warning} begin and end with. */
const OWN_COLOURS: ReadonlySet<string> = new Set(
  (["bold", "dim", "yellow"] as const).flatMap((style) =>
    styleText(style, " ", { validateStream: false }).split(" "),
  ),
);

/** Names and values, aligned. */
export function printPairs(pairs: readonly (readonly [string, string])[]): void {
  const width = Math.max(...pairs.map(([name]) => name.length));
  for (const [name, value] of pairs) print(`  ${dim(name.padEnd(width))}  ${value.replaceAll("\n", "�")}`);
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

/** A time as people read it, in UTC to the minute. */
export function time(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

/** The same to the second. */
export function exactTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace("T", " ")}Z`;
}
