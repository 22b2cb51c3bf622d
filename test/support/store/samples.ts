import type { Client } from "../../../src/core/client.ts";
import type { AuditEntry } from "../../../src/core/events.ts";
import type { Approval, ClientDocument, StoredSigningKey } from "../../../src/store/store.ts";

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
    resource: "http://localhost:3000/mcp",
    scopes: ["mcp", "todo:read"],
    redirectUri: "http://127.0.0.1/callback",
    codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    codeExpiresAt: START + 60 * SECOND,
    refreshExpiresAt: START + 30 * DAY,
    endsAt: START + 365 * DAY,
    createdAt: START,
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

export function sampleEntry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    event: "consent.approved",
    at: START,
    fields: { grant: "grant-1", client: "client-1", person: "ada", address: "203.0.113.7" },
    ...changes,
  };
}
