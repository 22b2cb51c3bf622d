import { Command } from "commander";
import type { PersonRecord } from "../../../store/people-store.ts";
import { confirm } from "../../confirm.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { operatorEntry } from "../../operator.ts";
import { print } from "../../output.ts";
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
    if (!flags.yes) {
      await confirm(
        `Remove ${called(person)}, with ${inWords(before)}, identities and password? ${whatItDoesNot(record)} ` +
          "This cannot be undone.",
      );
    }
    const entry = operatorEntry("person.removed", { person: person.id });
    if (!(await store.removePerson(person.id, clock(), entry))) {
      return print(`${called(person)} was removed before.`);
    }
    print(`Removed ${called(person)}. Ended ${inWords(before)}. The audit log keeps its entries.`);
    print(whatItDoesNot(record));
  });
}

/** The mistake that is easiest to make with this command. */
function whatItDoesNot({ person: { id }, disabledAt }: PersonRecord): string {
  return disabledAt === null
    ? `It does not keep the person out: the next sign-in makes a new person. To keep them out: gatehouse person disable ${id}`
    : `${id} is disabled, and removing lifts that: the next sign-in makes a new person. To keep them out, do not remove them.`;
}
