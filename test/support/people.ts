import type { Identity } from "../../src/core/identity.ts";
import type { Person } from "../../src/core/person.ts";
import type { NewSession, PersonRecord } from "../../src/store/people-records.ts";
import type { PeopleStore } from "../../src/store/people-store.ts";
import { sampleEntry } from "./store/samples.ts";

const HOUR = 60 * 60 * 1000;

type SignedIn = {
  readonly person: Person;
  readonly identity: Identity;
  readonly now: number;
  /** How people recognise the identity. Default: its subject. */
  readonly label?: string;
  readonly emails?: readonly string[];
  readonly groups?: readonly string[];
  /** The hash of the session's secret; undefined for a sign-in without one. */
  readonly session?: string;
  /** Whether it is the first one with this identity. Default: yes. */
  readonly isNew?: boolean;
};

/** Writes what a sign-in does, without the pages before it. */
export async function signedIn(store: Pick<PeopleStore, "signIn">, given: SignedIn): Promise<PersonRecord> {
  const { person, identity, now, label = identity.subject, emails = [], groups = [], session } = given;
  const { isNew = true } = given;
  const outcome = await store.signIn(
    {
      identity,
      label,
      personId: person.id,
      isNew,
      person,
      emails,
      groups,
      session: session === undefined ? undefined : newSession(session, now),
      now,
      askedAt: now,
    },
    sampleEntry("sign_in.ok", { at: now, fields: { person: person.id } }),
  );
  if (outcome.kind !== "signed_in") throw new Error(`the sign-in of ${person.id} was ${outcome.kind}`);
  return outcome.record;
}

function newSession(hash: string, now: number): NewSession {
  return {
    hash,
    replaces: undefined,
    method: "password",
    secondFactor: undefined,
    address: "203.0.113.7",
    userAgent: "Test Browser 1.0",
    authenticatedAt: now,
    expiresAt: now + 12 * HOUR,
    endsAt: now + 30 * 24 * HOUR,
    upstream: undefined,
  };
}
