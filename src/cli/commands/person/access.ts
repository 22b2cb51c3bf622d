import { Command } from "commander";
import { CLIENT_CREDENTIALS } from "../../../core/client-metadata.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import { visible } from "../../../platform/terminal.ts";
import type { Store } from "../../../store/store.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { operatorEntry } from "../../operator.ts";
import { print } from "../../output.ts";
import { toRun } from "../../same-database.ts";
import { type Holdings, holdingsOf, inWords } from "./holdings.ts";
import { called, findPersonNamed, personNamed } from "./named.ts";
import { sessionNamed } from "./session-id.ts";

type SignOutFlags = DatabaseFlags & { readonly session?: string };

const PERSON = "an id, or an address or a username that only one person has";

export function disableCommand(): Command {
  return new Command("disable")
    .argument("<person>", `${PERSON}; or any id, to keep out someone who has not signed in yet`)
    .description(
      "Keep a person out: their sessions and grants end, and they cannot sign in until they are enabled.",
    )
    .addOption(databaseOption())
    .action(disable);
}

export function enableCommand(): Command {
  return new Command("enable")
    .argument("<person>", PERSON)
    .description("Let a disabled person sign in again. What ended stays so.")
    .addOption(databaseOption())
    .action(enable);
}

export function signOutCommand(): Command {
  return new Command("sign-out")
    .argument("<person>", PERSON)
    .description("End the sessions and grants of a person. They can sign in again: see disable.")
    .option("--session <session>", "end only this session, and no grant")
    .addOption(databaseOption())
    .action((name: string, flags: SignOutFlags) =>
      flags.session === undefined ? signOut(name, flags) : endSession(name, flags.session, flags),
    );
}

async function disable(name: string, flags: DatabaseFlags): Promise<void> {
  if (name.trim() === "") throw new ConfigurationError(`The id is empty. See: ${toRun("person list")}`);
  await withStore(flags, async (store, _settings, clock) => {
    const now = clock();
    const known = await findPersonNamed(name, store, now);
    const person = known?.person ?? { id: name };
    if (!known) await refuseProgram(name, store);
    const before = await holdingsOf(person.id, store, now);
    const entry = operatorEntry("person.disabled", { person: person.id });
    if (!(await store.disablePerson(person.id, now, entry))) {
      return print(`${called(person)} is already disabled.`);
    }
    print(`Disabled ${called(person)}. ${ended(before)}`);
    if (!known) {
      print(
        "No one with this id has signed in here. A sign-in with this id, and a provider's token for it, are refused " +
          `from now on.\nIf it is a typo, take it back with: ${toRun(`person remove ${visible(name)}`)}\nThen search: ${toRun("person list --matching <text>")}`,
      );
    }
  });
}

/** What it does is the client's, which goes on without the person. */
async function refuseProgram(id: string, store: Pick<Store, "findClient">): Promise<void> {
  const client = await store.findClient(id);
  if (!client?.grantTypes.includes(CLIENT_CREDENTIALS)) return;
  throw new ConfigurationError(
    `${id} is a client that acts for itself. Use: ${toRun(`client disable ${id}`)}`,
  );
}

async function enable(name: string, flags: DatabaseFlags): Promise<void> {
  await withStore(flags, async (store, _settings, clock) => {
    const { person } = await personNamed(name, store, clock());
    const entry = operatorEntry("person.enabled", { person: person.id });
    if (!(await store.enablePerson(person.id, entry))) {
      throw new ConfigurationError(
        `${called(person)} is not disabled. See: ${toRun("person list --disabled")}`,
      );
    }
    print(`Enabled ${called(person)}. They must sign in and approve their apps again.`);
  });
}

async function signOut(name: string, flags: DatabaseFlags): Promise<void> {
  await withStore(flags, async (store, _settings, clock) => {
    const now = clock();
    const { person } = await personNamed(name, store, now);
    const before = await holdingsOf(person.id, store, now);
    const entry = operatorEntry("person.signed_out", { person: person.id });
    if (!(await store.signOutPerson(person.id, now, entry))) throw isGone(person.id);
    print(`Signed out ${called(person)}. ${ended(before)} They can sign in again.`);
  });
}

async function endSession(name: string, id: string, flags: DatabaseFlags): Promise<void> {
  await withStore(flags, async (store, _settings, clock) => {
    const now = clock();
    const { person } = await personNamed(name, store, now);
    const session = sessionNamed(id, await store.listSessions(person.id, now));
    const entry = operatorEntry("session.ended", { person: person.id });
    const isEnded = await store.endSession(person.id, session.hash, entry);
    print(isEnded ? `Ended ${id} of ${called(person)}. Grants continue.` : `${id} has already ended.`);
  });
}

function ended(before: Holdings): string {
  return `Ended ${inWords(before)}.`;
}

function isGone(id: string): ConfigurationError {
  return new ConfigurationError(`${id} was removed just now. Nothing was changed.`);
}
