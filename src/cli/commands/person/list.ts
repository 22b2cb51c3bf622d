import { Command } from "commander";
import { USERS } from "../../../authorization-server/sign-in/users/usernames.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import type { PersonSummary } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
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
  const { found, invited } = await withStore(flags, async (store, _settings, clock) => {
    const found = await store.listPeople({
      ...(flags.matching === undefined ? {} : { matching: flags.matching }),
      ...(flags.disabled ? { disabled: true } : {}),
      now: clock(),
      limit: limit + 1,
    });
    return { found, invited: await withoutPassword(found, store) };
  });
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
      stateOf(one, invited),
    ]),
  );
}

/** The people who have a username alone, and have not chosen a password yet. */
async function withoutPassword(
  people: readonly PersonSummary[],
  store: Pick<Store, "findCredential">,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const { person, methods } of people) {
    if (methods.length !== 1 || methods[0] !== USERS) continue;
    if (!(await store.findCredential(person.id, "password"))) ids.add(person.id);
  }
  return ids;
}

function stateOf({ person, disabledAt }: PersonSummary, invited: ReadonlySet<string>): string {
  if (disabledAt !== null) return "disabled";
  return invited.has(person.id) ? "invited" : "-";
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
