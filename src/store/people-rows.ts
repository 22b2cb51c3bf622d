import type { Selectable } from "kysely";
import type { Person } from "../core/person.ts";
import type { Credential, CredentialKind } from "./credential.ts";
import type { MailedLink } from "./mail-store.ts";
import type { IdentityRecord, OneTimeLink, PersonRecord, SessionRecord } from "./people-records.ts";
import { isObject, parseJson, unreadable } from "./rows.ts";
import type {
  CredentialTable,
  IdentityTable,
  OneTimeLinkTable,
  PersonTable,
  SessionTable,
} from "./schema.ts";

export function toPersonRecord(row: Selectable<PersonTable>): PersonRecord {
  return {
    person: toPerson(row),
    emails: toTexts(row.emails, row),
    groups: toTexts(row.groups, row),
    disabledAt: row.disabled_at,
    signedOutAt: row.signed_out_at,
    createdAt: row.created_at,
    signedInAt: row.signed_in_at,
    isSaidByOperator: row.said_by_operator === 1,
  };
}

/** What a sign-in, or the operator, says of a person, as columns. */
export function fromPerson(said: Pick<PersonRecord, "person" | "emails" | "groups">) {
  const { person, emails, groups } = said;
  return {
    id: person.id,
    profile: JSON.stringify(person),
    emails: JSON.stringify(emails),
    groups: JSON.stringify(groups),
    found_by: searchText([person.id, person.name, person.email, ...emails]),
  };
}

/** Lower case by the rules of Unicode: the databases know those of ASCII. No database keeps a NUL character in a text. */
export function searchText(texts: readonly unknown[]): string {
  const said = texts.filter((text) => typeof text === "string");
  return [...new Set(said)].join("\n").replaceAll("\0", "").toLowerCase();
}

export function toIdentityRecord(row: Selectable<IdentityTable>): IdentityRecord {
  return {
    method: row.method,
    issuer: row.issuer,
    subject: row.subject,
    personId: row.person_id,
    label: row.label,
    createdAt: row.created_at,
    usedAt: row.used_at,
  };
}

export function toCredential(row: Selectable<CredentialTable>): Credential {
  return {
    personId: row.person_id,
    kind: row.kind as CredentialKind,
    id: row.id,
    secret: row.secret,
    counter: row.counter,
    createdAt: row.created_at,
    usedAt: row.used_at,
  };
}

/** What {@link toCredential} reads, and what the secret says of how it was made. */
export function fromCredential(credential: Credential): CredentialTable {
  return {
    person_id: credential.personId,
    kind: credential.kind,
    id: credential.id,
    secret: credential.secret,
    scheme: schemeOf(credential.secret),
    counter: credential.counter,
    created_at: credential.createdAt,
    used_at: credential.usedAt,
  };
}

/**
 * The beginning of a hash that says how it was made, and so what a check costs: `$2b$12$`, or of a PHC string the function,
 * version and parameters. "" where it has none.
 */
export function schemeOf(secret: string): string {
  return SCHEME.exec(secret)?.[0] ?? "";
}

const SCHEME = /^\$2[abxy]?\$\d{2}\$|^\$[a-z0-9-]{1,32}\$(?:v=\d{1,10}\$)?(?:[a-z0-9-]{1,32}=[^$]{1,200}\$)?/;

export function toOneTimeLink(row: Selectable<OneTimeLinkTable>): OneTimeLink {
  return {
    hash: row.hash,
    purpose: row.purpose === "invitation" ? "invitation" : "password",
    personId: row.person_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

export function toMailedLink(row: Selectable<OneTimeLinkTable>): MailedLink {
  return {
    hash: row.hash,
    purpose: row.purpose === "address" ? "address" : "sign_in",
    personId: row.person_id,
    codeMac: row.code_mac ?? "",
    tries: row.tries ?? 0,
    sealed: row.sealed ?? "",
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

export function toSessionRecord(row: Selectable<SessionTable>): SessionRecord {
  const { upstream_issuer: issuer, upstream_session: sessionId } = row;
  return {
    hash: row.hash,
    personId: row.person_id,
    method: row.method,
    address: row.address ?? undefined,
    userAgent: row.user_agent ?? undefined,
    authenticatedAt: row.authenticated_at,
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    endsAt: row.ends_at,
    secondFactor: row.second_factor ?? undefined,
    upstream: issuer === null ? undefined : { issuer, sessionId: sessionId ?? undefined },
  };
}

function toPerson(row: Selectable<PersonTable>): Person {
  const person = parseJson(row.profile);
  if (isObject(person) && person.id === row.id) return person as Person;
  throw unreadable(`person ${row.id}`);
}

function toTexts(json: string, { id }: Selectable<PersonTable>): readonly string[] {
  const texts = parseJson(json);
  if (Array.isArray(texts) && texts.every((text) => typeof text === "string")) return texts;
  throw unreadable(`person ${id}`);
}
