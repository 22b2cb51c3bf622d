import { Command } from "commander";
import { ConfigurationError } from "../../../core/errors.ts";
import type { PersonSummary } from "../../../store/people-store.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { print, printError, printJson, printTable, time } from "../../output.ts";
import { countOption, readCount } from "../../values.ts";

type ListFlags = DatabaseFlags & {
  readonly matching?: string;
  readonly disabled?: true;
  readonly limit: string;
  readonly json?: true;
};

export function listCommand(): Command {
  return new Command("list")
    .description("List people, newest first.")
    .option("--matching <text>", "only those whose id, name, address or username contains this text")
    .option("--disabled", "only disabled people")
    .addOption(countOption("--limit <number>", "how many to show", 100))
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(list);
}

async function list(flags: ListFlags): Promise<void> {
  const limit = readCount("--limit", flags.limit);
  if (flags.matching === "")
    throw new ConfigurationError("--matching is empty. Give a text, or leave it out.");
  const found = await withStore(flags, (store, _settings, clock) =>
    store.listPeople({
      ...(flags.matching === undefined ? {} : { matching: flags.matching }),
      ...(flags.disabled ? { disabled: true } : {}),
      now: clock(),
      limit: limit + 1,
    }),
  );
  const people = found.slice(0, limit);
  if (found.length > limit) printError("There are more. Show them with --limit, or narrow the list.");
  if (flags.json) return printJson(people);
  if (people.length === 0) return print(nobody(flags));
  printTable(
    ["PERSON", "NAME", "ADDRESS", "SIGNS IN WITH", "GRANTS", "SESSIONS", "LAST SIGN-IN", "STATE"],
    people.map((one) => [
      one.person.id,
      one.person.name ?? "-",
      addresses(one),
      one.methods.join(", ") || "-",
      String(one.liveGrants),
      String(one.sessions),
      one.signedInAt === null ? "-" : time(one.signedInAt),
      one.disabledAt === null ? "-" : "disabled",
    ]),
  );
}

function addresses({ emails: [first, ...others] }: PersonSummary): string {
  if (first === undefined) return "-";
  return others.length === 0 ? first : `${first} (+${others.length})`;
}

function nobody({ matching, disabled }: ListFlags): string {
  return matching === undefined && !disabled
    ? "No people yet. They are listed once they sign in."
    : "No people found.";
}
