import type { Command } from "commander";
import { readUsername, usersIdentity } from "../authorization-server/sign-in/users/usernames.ts";
import { wrongValue } from "../config/problems.ts";
import { CLIENT_CREDENTIALS } from "../core/client-metadata.ts";
import { ConfigurationError } from "../core/errors.ts";
import { randomId } from "../platform/random.ts";
import type { NewPerson } from "../store/people-store.ts";
import type { Store } from "../store/store.ts";
import { operatorEntry } from "./operator.ts";

/** What a command says of a person beside the username. */
export type PersonFlags = {
  readonly name?: string;
  readonly email?: readonly string[];
  readonly group?: readonly string[];
  readonly id?: string;
};

const MAXIMUM_ID_LENGTH = 255;
const ADDRESS = /^[^\s@]+@[^\s@]+$/;
/** What a log or a page would show as something else. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

export function withPersonFlags(command: Command): Command {
  return command
    .option("--name <name>", "what pages and tools call the person (default: the username)")
    .option("--email <address>", "an address of the person, which you have checked; can be repeated", another)
    .option("--group <group>", "a group that the person is in; can be repeated", another)
    .option("--id <id>", "the person's id for tools and tokens (default: a random one)");
}

/** One value each time: a list would take the username for one more. */
function another(value: string, before: readonly string[] = []): readonly string[] {
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
  if (id === "" || id.length > MAXIMUM_ID_LENGTH || UNSEEN.test(id)) {
    throw wrongValue("--id", id, `1 to ${MAXIMUM_ID_LENGTH} characters that can be seen`);
  }
  const wrong = emails.find((address) => !ADDRESS.test(address) || UNSEEN.test(address));
  if (wrong !== undefined) throw wrongValue("--email", wrong, "an address such as ada@example.com");
  const [email] = emails;
  return {
    person: { id, name, ...(email !== undefined && { email }) },
    emails,
    groups,
    identity: usersIdentity(username),
    label: username,
    passwordHash,
    now,
  };
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
      ? `There is a person ${person.label} already. To set a new password: gatehouse person passwd ${person.label}`
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
      `There is no person with the username ${username}. See: gatehouse person list`,
    );
  }
  return { id: record.person.id, username };
}
