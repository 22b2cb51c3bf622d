import type { Selectable } from "kysely";
import { z } from "zod";
import { CLIENT_AUTHENTICATION_METHODS, type Client } from "../core/client.ts";
import {
  GRANT_REFUSALS,
  type Grant,
  type GrantRefusal,
  REVOCATION_REASONS,
  type RevocationReason,
} from "../core/grant.ts";
import type { Organization } from "../core/organization.ts";
import type { Person } from "../core/person.ts";
import type { ClientTable, GrantTable, SigningKeyTable } from "./schema.ts";
import type { ClientDocument, StoredSigningKey } from "./store.ts";

// Reading a grant is on the path of every refresh and of every new token: its checks are written out. Clients and keys
// are read seldom and kept in memory by those who use them: zod reads them.

export function toGrant(row: Selectable<GrantTable>): Grant {
  return {
    id: row.id,
    clientId: row.client_id,
    clientName: row.client_name,
    person: toPerson(row),
    organization: row.organization === null ? null : toOrganization(row, row.organization),
    resource: row.resource,
    scopes: splitTokens(row.scopes),
    redirectUri: row.redirect_uri,
    codeChallenge: row.code_challenge,
    codeExpiresAt: row.code_expires_at,
    redeemedAt: row.redeemed_at,
    generation: row.generation,
    rotatedAt: row.rotated_at,
    unusedGeneration: row.unused_generation,
    usedAt: row.used_at,
    refreshExpiresAt: row.refresh_expires_at,
    endsAt: row.ends_at,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
    revokedReason: row.revoked_reason === null ? null : toReason(row),
    approvedAs: row.approved_as,
    refusedAt: row.refused_at,
    refusal: toRefusal(row.refusal),
  };
}

export function toClient(row: Selectable<ClientTable>): Client {
  return read(clientRow, row, `client ${row.id}`);
}

export function toDocument(row: Selectable<ClientTable>): ClientDocument {
  const { fetched_at: fetchedAt, fresh_until: freshUntil } = row;
  if (fetchedAt === null || freshUntil === null) throw unreadable(`client ${row.id}`);
  return { clientId: row.id, client: toClient(row), fetchedAt, freshUntil };
}

/** What {@link toClient} reads. */
export function fromClient(
  client: Client,
): Omit<ClientTable, "fetched_at" | "fresh_until" | "due_at" | "unapproved_since"> {
  return {
    id: client.id,
    origin: client.origin,
    name: client.name,
    redirect_uris: JSON.stringify(client.redirectUris),
    authentication_method: client.authenticationMethod,
    secret_hash: client.secretHash,
    jwks: client.jwks && JSON.stringify(client.jwks),
    jwks_uri: client.jwksUri,
    grant_types: client.grantTypes.join(" "),
    scopes: client.scopes.join(" "),
    client_uri: client.clientUri,
    logo_uri: client.logoUri,
    application_type: client.applicationType,
    created_at: client.createdAt,
    remembers_consent: client.remembersConsent ? 1 : 0,
  };
}

export function toSigningKey(row: Selectable<SigningKeyTable>): StoredSigningKey {
  return read(signingKeyRow, row, `signing key ${row.kid}`);
}

function toPerson(row: Selectable<GrantTable>): Person {
  const person: unknown = parseJson(row.person);
  if (isObject(person) && person.id === row.person_id) return person as Person;
  throw unreadable(`grant ${row.id}`);
}

function toOrganization(row: Selectable<GrantTable>, text: string): Organization {
  const organization: unknown = parseJson(text);
  const isOne =
    isObject(organization) && typeof organization.id === "string" && typeof organization.name === "string";
  if (isOne) return organization as Organization;
  throw unreadable(`grant ${row.id}`);
}

function toReason(row: Selectable<GrantTable>): RevocationReason {
  if (row.revoked_reason !== null && REASONS.has(row.revoked_reason)) return row.revoked_reason;
  throw unreadable(`grant ${row.id}`);
}

/** Null for one that a later version knows: no decision depends on it. */
function toRefusal(text: string | null): GrantRefusal | null {
  return GRANT_REFUSALS.find((refusal) => refusal === text) ?? null;
}

const REASONS: ReadonlySet<string> = new Set(REVOCATION_REASONS);

const tokens = z.string().transform(splitTokens);
const json = z.string().transform(parseJson);
const jwk = z.record(z.string(), z.unknown());

const clientRow = z
  .object({
    id: z.string(),
    origin: z.enum(["registered", "metadata_document", "preregistered"]),
    name: z.string().nullable(),
    redirect_uris: json.pipe(z.array(z.string())),
    authentication_method: z.enum(CLIENT_AUTHENTICATION_METHODS),
    secret_hash: z.string().nullable(),
    jwks: json.pipe(z.object({ keys: z.array(jwk) })).nullable(),
    jwks_uri: z.string().nullable(),
    grant_types: tokens,
    scopes: tokens,
    client_uri: z.string().nullable(),
    logo_uri: z.string().nullable(),
    application_type: z.enum(["web", "native"]),
    created_at: z.number(),
    remembers_consent: z.literal([0, 1]),
  })
  .transform(
    (row): Client => ({
      id: row.id,
      origin: row.origin,
      name: row.name,
      redirectUris: row.redirect_uris,
      authenticationMethod: row.authentication_method,
      secretHash: row.secret_hash,
      jwks: row.jwks,
      jwksUri: row.jwks_uri,
      grantTypes: row.grant_types,
      scopes: row.scopes,
      clientUri: row.client_uri,
      logoUri: row.logo_uri,
      applicationType: row.application_type,
      createdAt: row.created_at,
      remembersConsent: row.remembers_consent === 1,
    }),
  );

const signingKeyRow = z
  .object({
    kid: z.string(),
    algorithm: z.literal("ES256"),
    public_jwk: json.pipe(jwk),
    sealed_private_jwk: z.string(),
    created_at: z.number(),
    signs_from: z.number(),
    signs_until: z.number().nullable(),
    published_until: z.number().nullable(),
  })
  .transform(
    (row): StoredSigningKey => ({
      kid: row.kid,
      algorithm: row.algorithm,
      publicJwk: row.public_jwk,
      sealedPrivateJwk: row.sealed_private_jwk,
      createdAt: row.created_at,
      signsFrom: row.signs_from,
      signsUntil: row.signs_until,
      publishedUntil: row.published_until,
    }),
  );

function read<T>(schema: z.ZodType<T>, row: unknown, what: string): T {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  throw unreadable(what, parsed.error);
}

/** No value of the row is in the text: it may be a secret. */
export function unreadable(what: string, cause?: unknown): Error {
  return new Error(`The ${what} in the database cannot be read.`, { cause });
}

function splitTokens(text: string): readonly string[] {
  return text === "" ? [] : text.split(" ");
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
