import { createHash, timingSafeEqual } from "node:crypto";

/** How a client proves itself at the token endpoint (RFC 7591 §2, OpenID Connect Core §9). */
export const CLIENT_AUTHENTICATION_METHODS = [
  "none",
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
] as const;
export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number];

/** How we came to know a client. */
export type ClientOrigin = "registered" | "metadata_document" | "preregistered";

/** A client, whatever way it came. Times are epoch milliseconds. */
export type Client = {
  readonly id: string;
  readonly origin: ClientOrigin;
  readonly name: string | null;
  readonly redirectUris: readonly string[];
  readonly authenticationMethod: ClientAuthenticationMethod;
  /** SHA-256 of the secret, base64url; null for clients without one. */
  readonly secretHash: string | null;
  /** For `private_key_jwt`: the keys themselves, or where they are. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | null;
  readonly jwksUri: string | null;
  readonly grantTypes: readonly string[];
  /** The scopes it registered; empty where it named none, which limits nothing. */
  readonly scopes: readonly string[];
  readonly clientUri: string | null;
  readonly logoUri: string | null;
  readonly applicationType: "web" | "native";
  readonly createdAt: number;
  /** Whether people who have approved it are not asked again for the same. The operator says so; a client never does. */
  readonly remembersConsent: boolean;
};

/** Whether an id is meant as the URL of a metadata document. Ids that we give out never look like one. */
export function isDocumentUrl(clientId: string): boolean {
  return /^https?:/i.test(clientId);
}

/**
 * What a page may say of a client. Three facts, none of which stands for another: the operator registered it, its
 * document's host serves it, it holds a key. Only the first proves the name.
 */
export type ClientIdentity = Pick<Client, "id" | "name" | "origin"> & {
  readonly holdsKey: boolean;
  /** Whether its approvals are remembered. */
  readonly remembersConsent?: boolean | undefined;
};

export function identityOf(client: Client): ClientIdentity {
  const { id, name, origin, remembersConsent } = client;
  return { id, name, origin, holdsKey: isConfidential(client), remembersConsent };
}

/** The host that serves a client's metadata document; undefined for a client without one. */
export function documentHost({ id, origin }: Pick<Client, "id" | "origin">): string | undefined {
  return origin === "metadata_document" ? URL.parse(id)?.host : undefined;
}

/** Whether this client proves itself with a key or a secret. That says nothing of its name. */
export function isConfidential(client: Pick<Client, "authenticationMethod">): boolean {
  return client.authenticationMethod !== "none";
}

/**
 * What is kept of a client's secret: SHA-256, base64url. Ours have 256 random bits, so nothing slower is needed.
 */
export function hashClientSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Whether this is the client's secret. Compares hashes, in constant time; false for a client without one. */
export function isClientSecret(client: Pick<Client, "secretHash">, secret: string): boolean {
  if (client.secretHash === null) return false;
  const kept = Buffer.from(client.secretHash, "base64url");
  const given = createHash("sha256").update(secret).digest();
  return kept.length === given.length && timingSafeEqual(kept, given);
}
