import { Command } from "commander";
import { MAGIC_LINK } from "../../../config/sign-in/mail-options.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import { visible } from "../../../platform/terminal.ts";
import type { PersonRecord } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import { confirm } from "../../confirm.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { another, requireAddresses, requireGroups, requireName, requireRoom } from "../../new-person.ts";
import { operatorEntry } from "../../operator.ts";
import { print, printPairs } from "../../output.ts";
import { toRun } from "../../same-database.ts";
import { called, personNamed } from "./named.ts";

type Changes = {
  readonly name?: string;
  readonly addEmail?: readonly string[];
  readonly removeEmail?: readonly string[];
  readonly addGroup?: readonly string[];
  readonly removeGroup?: readonly string[];
};

type Said = Pick<PersonRecord, "person" | "emails" | "groups">;

/** `gatehouse person set`. */
export function setCommand(): Command {
  return new Command("set")
    .argument("<person>", "an id, or an address or a username that only one person has")
    .description(
      "Change the name, addresses and groups of a person. It counts from their next sign-in on, and no sign-in changes it any more.",
    )
    .option("--name <name>", "what pages and tools call the person")
    .option(
      "--add-email <address>",
      "an address of the person, which you have checked; can be repeated",
      another,
    )
    .option("--remove-email <address>", "an address to take away; can be repeated", another)
    .option("--add-group <group>", "a group that the person is in; can be repeated", another)
    .option("--remove-group <group>", "a group that the person is not in any more; can be repeated", another)
    .option("--yes", "do not ask, if what sign-ins say counted until now")
    .addOption(databaseOption())
    .action(set);
}

async function set(name: string, flags: Changes & DatabaseFlags & { readonly yes?: true }): Promise<void> {
  requireChanges(flags);
  await withStore(flags, async (store, _settings, clock) => {
    const before = await personNamed(name, store, clock());
    const after = changed(before, flags);
    const what = differences(before, after);
    if (what.length === 0) {
      throw new ConfigurationError(`${called(before.person)} is so already. Nothing was changed.`);
    }
    if (!before.isSaidByOperator && !flags.yes) await confirm(question(before));
    const entry = operatorEntry("person.changed", { person: before.person.id, changed: what });
    if (!(await store.setPerson({ before, after }, entry))) {
      throw new ConfigurationError(
        `${called(before.person)} was changed or removed just now. Nothing was changed. Try again.`,
      );
    }
    print(`Changed the ${inWords(what)} of ${called(before.person)}.`);
    printPairs([
      ["name", after.person.name ?? "-"],
      ["email", after.person.email ?? "-"],
      ["addresses", after.emails.join(", ") || "-"],
      ["groups", after.groups.join(", ") || "-"],
    ]);
    await sayOfLinked(before, after, store);
  });
}

/** @throws ConfigurationError that says what would be right */
function requireChanges({ name, addEmail, removeEmail, addGroup, removeGroup }: Changes): void {
  const given = [name, addEmail, removeEmail, addGroup, removeGroup];
  if (given.every((one) => one === undefined)) {
    throw new ConfigurationError(
      "Nothing to change. Give --name, --add-email, --remove-email, --add-group or --remove-group.",
    );
  }
  if (name !== undefined) requireName("--name", name);
  requireAddresses("--add-email", addEmail ?? []);
  requireGroups("--add-group", addGroup ?? []);
  refuseBoth("email", addEmail, removeEmail);
  refuseBoth("group", addGroup, removeGroup);
}

function refuseBoth(what: string, added: readonly string[] = [], removed: readonly string[] = []): void {
  const twice = added.find((one) => removed.includes(one));
  if (twice === undefined) return;
  throw new ConfigurationError(`--add-${what} and --remove-${what} both have ${twice}. Keep one of them.`);
}

/** @throws ConfigurationError where they don't have what is to be taken away */
function changed(before: PersonRecord, flags: Changes): Said {
  const whom = called(before.person);
  const emails = edited(
    before.emails,
    flags.addEmail,
    flags.removeEmail,
    `${whom} has no address`,
    isSameAddress,
  );
  const groups = edited(
    before.groups,
    flags.addGroup,
    flags.removeGroup,
    `${whom} is not in the group`,
    Object.is,
  );
  const { email: _email, ...others } = before.person;
  const email = flags.addEmail || flags.removeEmail ? shownAddress(before, emails) : before.person.email;
  const person = {
    ...others,
    ...(email !== undefined && { email }),
    ...(flags.name !== undefined && { name: flags.name }),
  };
  requireRoom(person, whom);
  return { person, emails, groups };
}

type IsSame = (one: string, other: string) => boolean;
const isSameAddress: IsSame = (one, other) => one.toLowerCase() === other.toLowerCase();

function edited(
  before: readonly string[],
  added: readonly string[] = [],
  removed: readonly string[] = [],
  missing: string,
  isSame: IsSame,
): readonly string[] {
  const absent = removed.find((one) => !before.some((other) => isSame(one, other)));
  if (absent !== undefined) {
    throw new ConfigurationError(
      `${missing} ${absent}. Nothing was changed. See: ${toRun("person show <person>")}`,
    );
  }
  const all = before.filter((one) => !removed.some((other) => isSame(one, other)));
  for (const one of added) if (!all.some((other) => isSame(one, other))) all.push(one);
  return all;
}

/** What tools get as `email`: as before while it is theirs, else the first. */
function shownAddress({ person, emails: before }: Said, after: readonly string[]): string | undefined {
  const { email } = person;
  const isTaken =
    email !== undefined &&
    before.some((one) => isSameAddress(one, email)) &&
    !after.some((one) => isSameAddress(one, email));
  return email === undefined || isTaken ? after[0] : email;
}

function differences(before: Said, after: Said): readonly string[] {
  const isOther = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other);
  return [
    ...(before.person.name === after.person.name ? [] : ["name"]),
    ...(isOther(before.emails, after.emails) ? ["addresses"] : []),
    ...(isOther(before.groups, after.groups) ? ["groups"] : []),
  ];
}

/** `name, addresses and groups`. */
function inWords(what: readonly string[]): string {
  const [last = "", ...others] = what.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(", ")} and ${last}`;
}

function question({ person }: PersonRecord): string {
  return (
    `Until now, each sign-in of ${called(person)} has said who they are. From now on you say it, also their groups: ` +
    "if their provider takes them out of one, they stay in it here. Continue?"
  );
}

/** A linked address is a way in of its own. */
async function sayOfLinked(
  { person, emails }: Said,
  after: Said,
  store: Pick<Store, "listIdentities">,
): Promise<void> {
  const gone = emails.filter((address) => !after.emails.includes(address));
  const linked = (await store.listIdentities(person.id)).filter(
    ({ method, subject }) => method === MAGIC_LINK && gone.some((address) => isSameAddress(address, subject)),
  );
  for (const { subject } of linked) {
    print(`${visible(subject)} is linked, so they can still sign in by email with it.`);
  }
}
