import type { Command } from "commander";
import { readUsername, usersIdentity } from "../authorization-server/sign-in/users/usernames.ts";
import { wrongValue } from "../config/problems.ts";
import { CLIENT_CREDENTIALS } from "../core/client-metadata.ts";
import { ConfigurationError } from "../core/errors.ts";
import { MOST_PERSON_BYTES, type Person } from "../core/person.ts";
import { hasUnseen, LONGEST_PERSON_ID, personIdProblem } from "../core/person-id.ts";
import { clipped } from "../core/shown.ts";
import { randomId } from "../platform/random.ts";
import type { NewPerson } from "../store/people-records.ts";
import type { Store } from "../store/store.ts";
import { operatorEntry } from "./operator.ts";
import { toRun } from "./same-database.ts";

/** What a command says of a person beside the username. */
export type PersonFlags = {
  readonly name?: string;
  readonly email?: readonly string[];
  readonly group?: readonly string[];
  readonly id?: string;
};

const ADDRESS = /^[^\s@]+@[^\s@]+$/;
const LONGEST_NAME = 255;
const LONGEST_EMAIL = 320;
const LONGEST_GROUP = 255;

export function withPersonFlags(command: Command): Command {
  return command
    .option("--name <name>", "what pages and tools call the person (default: the username)")
    .option("--email <address>", "an address of the person, which you have checked; can be repeated", another)
    .option("--group <group>", "a group that the person is in; can be repeated", another)
    .option("--id <id>", "the person's id for tools and tokens (default: a random one)");
}

/** One value each time: a list would take the username for one more. */
export function another(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** @throws ConfigurationError that says what would be right */
export function usernameOf(text: string): string {
  const read = readUsername(text);
  if ("problem" in read) throw new ConfigurationError(read.problem);
  return read.name;
}

/**
 * A person who signs in with this username.
 * @param typed as the operator wrote it: what the person is called where no name is given
 * @param passwordHash undefined for a person who has yet to choose a password
 * @throws ConfigurationError that names the flag and what would be right
 */
export function newPerson(
  typed: string,
  flags: PersonFlags,
  passwordHash: string | undefined,
  now: number,
): NewPerson {
  const username = usernameOf(typed);
  const { name = typed.trim(), email: emails = [], group: groups = [], id = randomId() } = flags;
  if (personIdProblem(id) !== undefined) {
    throw wrongValue("--id", id, `1 to ${LONGEST_PERSON_ID} characters that can be seen`);
  }
  requireName("--name", name);
  requireGroups("--group", groups);
  requireAddresses("--email", emails);
  const [email] = emails;
  const person = { id, name, ...(email !== undefined && { email }) };
  requireRoom(person, username);
  return {
    person,
    emails,
    groups,
    identity: usersIdentity(username),
    label: username,
    passwordHash,
    now,
  };
}

/** @throws ConfigurationError that names the flag and what would be right */
export function requireName(flag: string, name: string): void {
  requireText(flag, [name], LONGEST_NAME);
}

/** @throws ConfigurationError that names the flag and what would be right */
export function requireGroups(flag: string, groups: readonly string[]): void {
  requireText(flag, groups, LONGEST_GROUP);
}

/** @throws ConfigurationError that names the flag and what would be right */
export function requireAddresses(flag: string, emails: readonly string[]): void {
  const wrong = emails.find((address) => !ADDRESS.test(address) || !isText(address, LONGEST_EMAIL));
  if (wrong === undefined) return;
  throw wrongValue(
    flag,
    clipped(wrong),
    `an address such as ada@example.com, of at most ${LONGEST_EMAIL} characters`,
  );
}

/** @throws ConfigurationError where tools would get more of a person than is kept */
export function requireRoom(person: Person, called: string): void {
  if (Buffer.byteLength(JSON.stringify(person)) <= MOST_PERSON_BYTES) return;
  throw new ConfigurationError(
    `The id, name and first address of ${called} have more than ${MOST_PERSON_BYTES} bytes. Use shorter ones.`,
  );
}

function isText(text: string, longest: number): boolean {
  return text.trim() !== "" && text.length <= longest && !hasUnseen(text);
}

function requireText(flag: string, texts: readonly string[], longest: number): void {
  const wrong = texts.find((text) => !isText(text, longest));
  if (wrong === undefined) return;
  throw wrongValue(flag, clipped(wrong), `1 to ${longest} characters that can be seen`);
}

/** Adds a person. @throws ConfigurationError where the username or the id is taken */
export async function addPerson(person: NewPerson, store: Store): Promise<void> {
  const { id } = person.person;
  const client = await store.findClient(id);
  // A program is its own subject: the person would have what is the program's.
  if (client?.grantTypes.includes(CLIENT_CREDENTIALS)) {
    throw new ConfigurationError(`There is a program with the id ${id}. Choose another --id.`);
  }
  if (await store.addPerson(person, operatorEntry("person.added", { person: id }))) return;
  const known = await store.findByIdentity(person.identity);
  throw new ConfigurationError(
    known
      ? `There is a person ${person.label} already. To set a new password: ${toRun(`person passwd ${person.label}`)}`
      : `There is a person with the id ${id} already. Choose another --id.`,
  );
}

/** Who signs in with this username. @throws ConfigurationError where no one does */
export async function findByUsername(
  username: string,
  store: Pick<Store, "findByIdentity">,
): Promise<{ readonly id: string; readonly username: string }> {
  const record = await store.findByIdentity(usersIdentity(username));
  if (!record) {
    throw new ConfigurationError(
      `There is no person with the username ${username}. See: ${toRun("person list")}`,
    );
  }
  return { id: record.person.id, username };
}
