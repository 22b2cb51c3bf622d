import { foldedName, USERS } from "../../../authorization-server/sign-in/users/usernames.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import { displayName, type Person } from "../../../core/person.ts";
import { visible } from "../../../platform/terminal.ts";
import type { PersonRecord } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import { printError } from "../../output.ts";
import { toRun } from "../../same-database.ts";

export type PeopleByName = Pick<Store, "findPerson" | "listPeople" | "listIdentities">;

/**
 * The person of this id; else the one person who has it as a verified address or a username.
 * @throws ConfigurationError where there is none, or where it may be one of several.
 */
export async function personNamed(name: string, store: PeopleByName, now: number): Promise<PersonRecord> {
  const found = await findPersonNamed(name, store, now);
  if (found) return found;
  throw new ConfigurationError(
    `The database has no person ${name}. Search by a part of an id, a name or an address: ` +
      toRun("person list --matching <text>"),
  );
}

/** The same; undefined where there is none. */
export async function findPersonNamed(
  name: string,
  store: PeopleByName,
  now: number,
): Promise<PersonRecord | undefined> {
  if (name.trim() === "") {
    throw new ConfigurationError(
      `The name of the person is empty. Give an id, an address or a username. See: ${toRun("person list")}`,
    );
  }
  const ofId = await store.findPerson(name);
  const called = (await peopleCalled(name, store, now)).filter(({ person }) => person.id !== ofId?.person.id);
  const ids = called.map(({ person }) => person.id).join(", ");
  if (ofId) {
    if (called.length > 0)
      printError(`${name} is the id of one person and the address or username of ${ids}.`);
    return ofId;
  }
  if (called.length > 1) {
    throw new ConfigurationError(`${name} is an address or a username of several people: ${ids}. Use an id.`);
  }
  return called[0];
}

/** As many as are looked at one by one. */
const MOST = 1000;

async function peopleCalled(
  name: string,
  store: PeopleByName,
  now: number,
): Promise<readonly PersonRecord[]> {
  const similar = await store.listPeople({ matching: name, now, limit: MOST + 1 });
  if (similar.length > MOST) {
    throw new ConfigurationError(`More than ${MOST} people match ${name}. Use an id.`);
  }
  // Two who differ in upper and lower case only are two, and then an id must say which.
  const isIt = (text: string) => text.toLowerCase() === name.toLowerCase();
  const username = foldedName(name);
  const called: PersonRecord[] = [];
  for (const record of similar) {
    const identities = await store.listIdentities(record.person.id);
    // What a provider calls a person, they may have chosen there: it can look like the address of someone else.
    const isUsername = identities.some(({ method, subject }) => method === USERS && subject === username);
    if (isUsername || record.emails.some(isIt)) called.push(record);
  }
  return called;
}

/** How a sentence names a person. Their name comes from elsewhere, and must not break the sentence. */
export function called(person: Person): string {
  const name = visible(displayName(person));
  return name === person.id ? name : `${name} (${visible(person.id)})`;
}
