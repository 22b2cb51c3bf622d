import { Command } from "commander";
import { USERS } from "../../../authorization-server/sign-in/users/usernames.ts";
import { visible } from "../../../platform/terminal.ts";
import type { PersonRecord } from "../../../store/people-records.ts";
import { confirm } from "../../confirm.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { operatorEntry } from "../../operator.ts";
import { print } from "../../output.ts";
import { toRun } from "../../same-database.ts";
import { holdingsOf, inWords } from "./holdings.ts";
import { called, personNamed } from "./named.ts";

type RemoveFlags = DatabaseFlags & { readonly yes?: true };

export function removeCommand(): Command {
  return new Command("remove")
    .argument("<person>", "an id, or an address or a username that only one person has")
    .description("Delete a person and all that is theirs here. It does not keep them out: see disable.")
    .option("--yes", "do not ask")
    .addOption(databaseOption())
    .action(remove);
}

async function remove(name: string, flags: RemoveFlags): Promise<void> {
  await withStore(flags, async (store, _settings, clock) => {
    const record = await personNamed(name, store, clock());
    const { person } = record;
    const before = await holdingsOf(person.id, store, clock());
    const methods = (await store.listIdentities(person.id)).map(({ method }) => method);
    if (!flags.yes) {
      await confirm(
        `Remove ${called(person)}, with ${inWords(before)}, identities and password? ` +
          `${whatItDoesNot(record, methods)} This cannot be undone.`,
      );
    }
    const entry = operatorEntry("person.removed", { person: person.id });
    if (!(await store.removePerson(person.id, clock(), entry))) {
      return print(`${called(person)} was removed before.`);
    }
    print(`Removed ${called(person)}. Ended ${inWords(before)}. The audit log keeps its entries.`);
    print(whatKeepsOut(record, methods));
  });
}

type Methods = readonly string[];

/** The mistake that is easiest to make with this command. */
function whatItDoesNot({ person: { id }, disabledAt }: PersonRecord, methods: Methods): string {
  if (comesBackOnlyIfAdded(methods)) return ADD_AGAIN;
  return disabledAt === null
    ? `It does not keep the person out: the next sign-in makes a new person. To keep them out, disable them instead (${toRun(`person disable ${visible(id)}`)}).`
    : `${visible(id)} is disabled, and removing lifts that: the next sign-in makes a new person. To keep them out, do not remove them.`;
}

/** Afterwards, the id is no one's: of a person from a provider, the next sign-in has another one. */
function whatKeepsOut({ person: { id } }: PersonRecord, methods: Methods): string {
  if (comesBackOnlyIfAdded(methods)) return ADD_AGAIN;
  const said = "It does not keep the person out: the next sign-in makes a new person.";
  if (methods.every((method) => method === PASSWORD)) {
    return `${said} To keep them out: ${toRun(`person disable ${visible(id)}`)}`;
  }
  return `${said} To keep them out, name them in the server's option admit.deny.`;
}

/** Those of the directory: what they sign in with is removed too. */
function comesBackOnlyIfAdded(methods: Methods): boolean {
  return methods.length > 0 && methods.every((method) => method === USERS);
}

const ADD_AGAIN = "They can't sign in again until you add or invite them again.";
/** People whom `checkUser` knows, or who have no row but an id. Their id is said at each sign-in. */
const PASSWORD = "password";
