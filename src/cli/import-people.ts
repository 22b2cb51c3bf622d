import { availableParallelism } from "node:os";
import { createHashingQueue } from "../authorization-server/sign-in/users/hashing-queue.ts";
import { passwordHashOf } from "../authorization-server/sign-in/users/password-hashing.ts";
import { usersIdentity } from "../authorization-server/sign-in/users/usernames.ts";
import { ConfigurationError } from "../core/errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Store } from "../store/store.ts";
import { newPerson } from "./new-person.ts";
import { operatorEntry } from "./operator.ts";
import {
  type LinePerson,
  linesOf,
  type NumberedLine,
  type ReadLine,
  readPersonLine,
} from "./person-lines.ts";

export type Import = {
  readonly file: string;
  /** Whether lines that cannot be used are left out, and not the whole file. */
  readonly skipBadLines: boolean;
  /** Of the file's lines while they are checked, then of the people in them. */
  readonly onProgress: (doing: "checking" | "adding", rows: number, total: number) => void;
  /** Told of the first lines that cannot be used. */
  readonly onBadLine: (line: number, problem: string) => void;
};

export type ImportParts = { readonly store: Store; readonly clock: Clock };

export type Imported = { readonly added: number; readonly skipped: readonly number[] };

/** How many lines are on their way to the database at once: those that come together share a commit. */
const AT_ONCE = 32;
const BAD_LINES_SHOWN = 20;

/**
 * Adds the people of a file. It is read twice: nothing is written before every line has been checked.
 * @throws ConfigurationError where a line cannot be used and is not to be skipped
 */
export async function importPeople(given: Import, parts: ImportParts): Promise<Imported> {
  const { file, skipBadLines, onProgress } = given;
  const checked = await checkLines(given, parts.store);
  const { people, bad } = checked;
  if (bad.size > 0 && !skipBadLines) {
    const what = bad.size === 1 ? "1 line" : `${bad.size.toLocaleString("en")} lines`;
    const them = bad.size === 1 ? "it" : "them";
    throw new ConfigurationError(
      `${what} of ${file} cannot be used, so no one was added. Correct ${lineNumbers(inOrder(bad))}, or leave ${them} out with --skip-bad-lines.`,
    );
  }
  const hashing = createHashingQueue({
    atOnce: availableParallelism(),
    waiting: AT_ONCE,
    waitMs: Number.POSITIVE_INFINITY,
    now: () => 0,
  });
  let added = 0;
  await forEachLine(file, async (line, read) => {
    if (bad.has(line.number) || read.kind === "nothing") return;
    if (read.kind === "problem") throw changed(file, line.number);
    const { secret } = read.person;
    const hash = secret.kind === "hash" ? secret.text : await hashing.run(() => passwordHashOf(secret.text));
    if (!(await add(read.person, hash, parts))) throw changed(file, line.number);
    added += 1;
    onProgress("adding", added, people);
  });
  return { added, skipped: inOrder(bad) };
}

type Checked = { readonly people: number; readonly bad: ReadonlySet<number> };

async function checkLines(
  { file, onProgress, onBadLine }: Import,
  store: Pick<Store, "findByIdentity">,
): Promise<Checked> {
  const bad = new Set<number>();
  const firstLines = new Map<string, number>();
  const lines = await countLines(file);
  const isBad = ({ number }: NumberedLine, problem: string) => {
    bad.add(number);
    if (bad.size <= BAD_LINES_SHOWN) onBadLine(number, problem);
  };
  await forEachLine(file, async (line, read) => {
    onProgress("checking", line.number, lines);
    if (read.kind === "problem") isBad(line, read.problem);
    if (read.kind !== "person") return;
    const { username } = read.person;
    const first = firstLines.get(username);
    if (first !== undefined) {
      isBad(line, `The username is also in line ${first}.`);
      return;
    }
    firstLines.set(username, line.number);
    if (await store.findByIdentity(usersIdentity(username)))
      isBad(line, "There is a person with this username already.");
  });
  return { people: firstLines.size - [...firstLines.values()].filter((line) => bad.has(line)).length, bad };
}

function inOrder(lines: ReadonlySet<number>): readonly number[] {
  return [...lines].sort((one, other) => one - other);
}

/** `line 3`, `lines 3, 5–9`: all of them. @param lines in their order */
export function lineNumbers(lines: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last?.to === line - 1) last.to = line;
    else ranges.push({ from: line, to: line });
  }
  const texts = ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`));
  return `${lines.length === 1 ? "line" : "lines"} ${texts.join(", ")}`;
}

async function countLines(file: string): Promise<number> {
  let lines = 0;
  for await (const { number } of linesOf(file)) lines = number;
  return lines;
}

/** Reads the lines in their order, and does something with several of them at once. */
async function forEachLine(
  file: string,
  use: (line: NumberedLine, read: ReadLine) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failed: { readonly cause: unknown } | undefined;
  for await (const line of linesOf(file)) {
    // Here, so that of two lines with one username the first counts.
    const read = await readPersonLine(line.text);
    if (failed) break;
    const task = use(line, read)
      .catch((cause) => {
        failed ??= { cause };
      })
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= AT_ONCE) await Promise.race(running);
  }
  await Promise.all(running);
  if (failed) throw failed.cause;
}

function add(
  { displayName, username }: LinePerson,
  hash: string,
  { store, clock }: ImportParts,
): Promise<boolean> {
  const person = newPerson(username, { name: displayName }, hash, clock());
  return store.addPerson(person, operatorEntry("person.added", { person: person.person.id }));
}

function changed(file: string, line: number): ConfigurationError {
  return new ConfigurationError(
    `Line ${line} of ${file}, or the person in it, changed during the import. Some people were added: run it again with --skip-bad-lines to add the others.`,
  );
}
