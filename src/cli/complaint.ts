import type { Command } from "commander";
import { meantName } from "../config/misspelling.ts";
import { printable } from "./output.ts";

/** What Commander says of what was typed, as the command says it: without values, and with a hint. */
export function complaint(text: string, command: Command): string {
  const said = printable(withoutValues(text.replace(/^error: /, "gatehouse: ")));
  for (const [pattern, hintOf] of HINTS) {
    const found = pattern.exec(said);
    const hint = found && hintOf(found[1] ?? "", command);
    if (hint) return `${said}(${hint})\n`;
  }
  return said;
}

/** What is one too many may be a secret: `person add ada <password>`, `--password=…`, `-p…`. */
function withoutValues(text: string): string {
  return text
    .replace(/(unknown option '--[^=']*)=.*'/s, "$1'")
    .replace(/(unknown option '-[^-]).*'/s, "$1'")
    .replace(/(too many arguments .* but got \d+): .*\./s, "$1.")
    .replace(COMMANDERS_GUESS, "$1");
}

/** It knows only the names beside: `gatehouse version` would be "person". */
const COMMANDERS_GUESS = /(unknown command '.*')\n\(Did you mean .*\)/s;

type Hint = (found: string, command: Command) => string | undefined;

const HINTS: readonly (readonly [RegExp, Hint])[] = [
  [/unknown option '([^']+)'/, optionHint],
  [/unknown command '([^']+)'/, commandHint],
  [/missing required argument '([^']+)'/, (name) => LISTS.get(name) && `see: gatehouse ${LISTS.get(name)}`],
  [/too many arguments/, excessHint],
];

/** Which command shows what an argument may be. */
const LISTS: ReadonlyMap<string, string> = new Map([
  ["client_id", "client list"],
  ["grant", "grant list"],
  ["person", "person list"],
  ["survivor", "person list"],
  ["gone", "person list"],
  ["service", "person show <person>"],
  ["passkey", "person show <person>"],
]);

/** Nearly all options are those of a command, and people write them before its name. */
function optionHint(option: string, command: Command): string | undefined {
  const within = command.commands.flatMap((one) => [one, ...one.commands]);
  if (within.some(({ options }) => options.some(({ short, long }) => [short, long].includes(option)))) {
    return `options come after the command: ${pathOf(command)} <command> ${option}`;
  }
  const letter = option.toLowerCase();
  const meant = [command, ...ancestorsOf(command)]
    .flatMap((one) => one.createHelp().visibleOptions(one))
    .find(({ short }) => short?.toLowerCase() === letter);
  return meant && `Did you mean ${meant.flags}?`;
}

/** `gatehouse backup` is `gatehouse database backup`, and `gatehouse version` an option. */
function commandHint(name: string, command: Command): string | undefined {
  const nested = command.commands
    .filter((group) => group.commands.some((one) => one.name() === name))
    .map((group) => `${group.name()} ${name}`);
  if (nested.length > 0) return `Did you mean ${nested.length > 1 ? "one of " : ""}${nested.join(", ")}?`;
  const help = command.createHelp();
  const names = help.visibleCommands(command).map((one) => one.name());
  const options = help.visibleOptions(command).map((one) => one.name());
  const meant = meantName(name, [...names, ...options]);
  return meant && `Did you mean ${names.includes(meant) ? meant : `--${meant}`}?`;
}

function excessHint(_found: string, command: Command): string {
  const last = command.registeredArguments.at(-1);
  return `no argument may follow ${last ? `<${last.name()}>` : pathOf(command)}`;
}

function pathOf(command: Command): string {
  return [command, ...ancestorsOf(command)]
    .map((one) => one.name())
    .reverse()
    .join(" ");
}

function ancestorsOf({ parent }: Command): readonly Command[] {
  return parent ? [parent, ...ancestorsOf(parent)] : [];
}
