import type { Client } from "../../../src/core/client.ts";
import type { AuditEntry, AuditedEvent, EventFields } from "../../../src/core/events.ts";
import type { Grant } from "../../../src/core/grant.ts";
import type { Approval } from "../../../src/store/grant-records.ts";
import type { NewPerson, NewSession, OneTimeLink, SignInRecord } from "../../../src/store/people-records.ts";
import type { ClientDocument, Store, StoredSigningKey } from "../../../src/store/store.ts";

/** When the samples begin. Nothing in the store reads a clock, so any time will do. */
export const START = Date.UTC(2026, 0, 1);
export const SECOND = 1000;
export const DAY = 24 * 60 * 60 * SECOND;

export function sampleApproval(changes: Partial<Approval> = {}): Approval {
  return {
    id: "grant-1",
    clientId: "client-1",
    clientName: "Sample client",
    person: { id: "ada", name: "Ada", email: "ada@example.com", roles: ["admin"] },
    organization: null,
    resource: "http://localhost:3000/mcp",
    scopes: ["mcp", "todo:read"],
    redirectUri: "http://127.0.0.1/callback",
    codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    codeExpiresAt: START + 60 * SECOND,
    refreshExpiresAt: START + 30 * DAY,
    endsAt: START + 365 * DAY,
    createdAt: START,
    approvedAs: "hash of the client",
    signedInAt: START,
    ...changes,
  };
}

/** Approves the sample, and expects that the person may. */
export async function approveSample(
  store: Pick<Store, "approve">,
  changes: Partial<Approval> = {},
  entry: AuditEntry<"consent.approved"> = APPROVED,
): Promise<Grant> {
  const grant = await store.approve(sampleApproval(changes), entry);
  if (!grant) throw new Error("The person may not approve: add them first.");
  return grant;
}

/** Whose approvals the samples are: nobody without a row approves anything. */
export async function addSamplePerson(store: Pick<Store, "addPerson">, id = "ada"): Promise<void> {
  await store.addPerson(samplePerson(id), PERSON_ADDED);
}

export function samplePerson(id = "ada", changes: Partial<NewPerson> = {}): NewPerson {
  return {
    person: { id, name: "Ada", email: "ada@example.com" },
    emails: ["ada@example.com"],
    groups: [],
    identity: { method: "users", issuer: "", subject: id },
    label: id,
    passwordHash: undefined,
    now: START,
    ...changes,
  };
}

/** Of the sample person, who was added before. */
export function sampleSignIn(changes: Partial<SignInRecord> = {}): SignInRecord {
  const { identity, label, person, emails, groups } = samplePerson();
  return {
    identity,
    label,
    personId: person.id,
    isNew: false,
    person,
    emails,
    groups,
    session: sampleSession(),
    now: START,
    askedAt: changes.now ?? START,
    ...changes,
  };
}

/** Twelve hours without use, thirty days at the most. */
export function sampleSession(changes: Partial<NewSession> = {}): NewSession {
  return {
    hash: "session-1",
    replaces: undefined,
    method: "users",
    secondFactor: undefined,
    address: "203.0.113.7",
    userAgent: "Sample browser",
    authenticatedAt: START,
    expiresAt: START + DAY / 2,
    endsAt: START + 30 * DAY,
    upstream: undefined,
    ...changes,
  };
}

export function sampleLink(changes: Partial<OneTimeLink> = {}): OneTimeLink {
  return {
    hash: "link-1",
    purpose: "password",
    personId: "ada",
    createdAt: START,
    expiresAt: START + DAY,
    ...changes,
  };
}

export function sampleClient(changes: Partial<Client> = {}): Client {
  return {
    id: "client-1",
    origin: "registered",
    name: "Sample client",
    redirectUris: ["http://127.0.0.1/callback", "https://client.example/callback?a=1 2"],
    authenticationMethod: "private_key_jwt",
    secretHash: null,
    jwks: { keys: [{ kty: "EC", crv: "P-256", x: "x", y: "y" }] },
    jwksUri: null,
    grantTypes: ["authorization_code", "refresh_token"],
    scopes: ["mcp"],
    clientUri: "https://client.example",
    logoUri: null,
    applicationType: "native",
    createdAt: START,
    remembersConsent: false,
    ...changes,
  };
}

export function sampleDocument(changes: Partial<ClientDocument> = {}): ClientDocument {
  const clientId = changes.clientId ?? "https://client.example/metadata";
  return {
    clientId,
    client: sampleClient({ id: clientId, origin: "metadata_document" }),
    fetchedAt: START,
    freshUntil: START + DAY,
    ...changes,
  };
}

export function sampleKey(kid: string, changes: Partial<StoredSigningKey> = {}): StoredSigningKey {
  return {
    kid,
    algorithm: "ES256",
    publicJwk: { kty: "EC", crv: "P-256", x: "x", y: "y", kid },
    sealedPrivateJwk: `sealed ${kid}`,
    createdAt: START,
    signsFrom: START,
    signsUntil: null,
    publishedUntil: null,
    ...changes,
  };
}

const REQUEST = { address: "203.0.113.7", correlationId: "abcdefghijkl" };
const COMMAND = { operator: "root", address: "command line" };
const GRANT = { grant: "grant-1", client: "client-1", person: "ada" };
const ATTEMPT = { usernameMark: "mark", client: "client-1", ...REQUEST };

const FIELDS: { readonly [Name in AuditedEvent]: EventFields<Name> } = {
  "client.added": {
    client: "client-1",
    client_name: "Sample client",
    grant_types: ["authorization_code"],
    scopes: ["mcp"],
    remembers_consent: false,
    ...COMMAND,
  },
  "client.removed": { client: "client-1", ...COMMAND },
  "client.disabled": { client: "client-1", ...COMMAND },
  "client.enabled": { client: "client-1", ...COMMAND },
  "client.granted": { grant: "grant-1", client: "client-1", scopes: ["mcp"], ...REQUEST },
  "sign_in.ok": { person: "ada", client: "client-1", method: "users", ...REQUEST },
  "sign_in.failed": ATTEMPT,
  "sign_in.slowed": ATTEMPT,
  "sign_in.unchecked": { ...ATTEMPT, reason: "checkUser threw" },
  "sign_in.refused": { person: "ada", client: "client-1", method: "users", reason: "disabled", ...REQUEST },
  "mail.sent": { purpose: "sign_in", client: "client-1", usernameMark: "mark", ...REQUEST },
  "mail.slowed": {
    purpose: "sign_in",
    client: "client-1",
    usernameMark: "mark",
    reason: "address",
    ...REQUEST,
  },
  "mail.refused": {
    purpose: "sign_in",
    client: "client-1",
    usernameMark: "mark",
    reason: "wrong code",
    ...REQUEST,
  },
  "address.changed": { person: "ada", ...REQUEST },
  "session.ended": { person: "ada", ...REQUEST },
  "session.ended_upstream": { person: "ada", method: "oidc", ...REQUEST },
  "identity.linked": { person: "ada", method: "oidc", ...REQUEST },
  "identity.unlinked": { person: "ada", method: "oidc", ...REQUEST },
  "credential.changed": { person: "ada", kind: "password", ...COMMAND },
  "credential.added": { person: "ada", kind: "passkey", ...REQUEST },
  "credential.removed": { person: "ada", kind: "passkey", ...REQUEST },
  "factor.refused": { person: "ada", client: "client-1", method: "totp", reason: "wrong code", ...REQUEST },
  "person.added": { person: "ada", ...COMMAND },
  "person.invited": { person: "ada", purpose: "password", ...COMMAND },
  "person.disabled": { person: "ada", ...COMMAND },
  "person.enabled": { person: "ada", ...COMMAND },
  "person.signed_out": { person: "ada", ...COMMAND },
  "person.removed": { person: "ada", ...COMMAND },
  "person.changed": { person: "ada", changed: ["name"], ...COMMAND },
  "person.linked": { person: "ada", gone: "grace", ...COMMAND },
  "upstream.connected": { person: "ada", upstream: "github", kind: "token", ...REQUEST },
  "upstream.disconnected": { person: "ada", upstream: "github", ...REQUEST },
  "consent.approved": {
    ...GRANT,
    scopes: ["mcp", "todo:read"],
    client_name: "Sample client",
    redirect_host: "127.0.0.1",
    ...REQUEST,
  },
  "consent.remembered": {
    ...GRANT,
    approved_grant: "grant-0",
    scopes: ["mcp"],
    client_name: "Sample client",
    redirect_host: "client.example",
    ...REQUEST,
  },
  "consent.denied": { client: "client-1", person: "ada", client_name: "Sample client", ...REQUEST },
  "code.redeemed": { ...GRANT, ...REQUEST },
  "grant.revoked": { ...GRANT, client_name: "Sample client", reason: "operator", ...COMMAND },
  "key.rotated": { kid: "key-1", ...COMMAND },
  "secret.rotated": { kid: "key-1", ...COMMAND },
};

/** An entry of this event, with sample values for all that it carries. */
export function sampleEntry<Name extends AuditedEvent>(
  event: Name,
  changes: { readonly at?: number; readonly fields?: Partial<EventFields<Name>> } = {},
): AuditEntry<Name> {
  return { event, at: changes.at ?? START, fields: { ...FIELDS[event], ...changes.fields } };
}

// For verbs of the store that a test calls for what they change.
export const APPROVED = sampleEntry("consent.approved");
export const REMEMBERED = sampleEntry("consent.remembered");
export const REDEEMED = sampleEntry("code.redeemed");
export const REVOKED = sampleEntry("grant.revoked");
export const REMOVED = sampleEntry("client.removed");
export const DISABLED = sampleEntry("client.disabled");
export const ENABLED = sampleEntry("client.enabled");
export const KEY_ROTATED = sampleEntry("key.rotated");
export const CLIENT_GRANTED = sampleEntry("client.granted");
export const SIGNED_IN = sampleEntry("sign_in.ok");
export const SIGNED_OUT = sampleEntry("person.signed_out");
export const SESSION_ENDED = sampleEntry("session.ended");
export const SESSION_ENDED_UPSTREAM = sampleEntry("session.ended_upstream");
export const IDENTITY_LINKED = sampleEntry("identity.linked");
export const IDENTITY_UNLINKED = sampleEntry("identity.unlinked");
export const CREDENTIAL_CHANGED = sampleEntry("credential.changed");
export const CREDENTIAL_ADDED = sampleEntry("credential.added");
export const CREDENTIAL_REMOVED = sampleEntry("credential.removed");
export const PERSON_CHANGED = sampleEntry("person.changed");
export const PERSON_DISABLED = sampleEntry("person.disabled");
export const PERSON_ENABLED = sampleEntry("person.enabled");
export const PERSON_REMOVED = sampleEntry("person.removed");
export const PERSON_LINKED = sampleEntry("person.linked");
export const INVITED = sampleEntry("person.invited");
export const PERSON_ADDED = sampleEntry("person.added");
export const UPSTREAM_CONNECTED = sampleEntry("upstream.connected");
export const UPSTREAM_DISCONNECTED = sampleEntry("upstream.disconnected");
export const SECRET_ROTATED = sampleEntry("secret.rotated");
