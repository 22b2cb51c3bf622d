import { z } from "zod";
import { parseScopes } from "./scopes.ts";

/** The claims that every access token of a provider must have, whatever else is in it (RFC 9068 §2.2, RFC 7519 §4.1). */
export const providerClaims = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  exp: z.number(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
  jti: z.string().optional(),
});
export type ProviderClaims = z.infer<typeof providerClaims>;

/** Which claims hold what. Each is a list of names of which the first one that is there counts. */
export type ClaimNames = {
  /** A space-separated string or a list. */
  readonly scopes: readonly string[];
  readonly person: readonly string[];
  readonly client: readonly string[];
};

/** What providers do, as far as they agree. */
export const USUAL_CLAIM_NAMES: ClaimNames = {
  scopes: ["scope", "scp", "permissions"],
  person: ["sub"],
  client: ["client_id", "azp", "cid"],
};

export function scopesOf(claims: ProviderClaims, names: readonly string[]): readonly string[] {
  const value = firstOf(claims, names);
  if (typeof value === "string") return parseScopes(value);
  return Array.isArray(value) ? parseScopes(value.filter((one) => typeof one === "string").join(" ")) : [];
}

/** The text of the first claim that is there; numbers count, because some providers have numeric subjects. */
export function textOf(claims: ProviderClaims, names: readonly string[]): string | undefined {
  const value = firstOf(claims, names);
  return typeof value === "string" && value !== ""
    ? value
    : typeof value === "number"
      ? String(value)
      : undefined;
}

/**
 * Why this looks like an ID token, or undefined where it does not. One of those says who signed in to a client; it
 * grants nothing here, though its signature is right (RFC 9068 §5, OpenID Connect Core §2).
 */
export function idTokenSign(claims: ProviderClaims): string | undefined {
  if (claims.token_use === "id") return "token_use is id";
  // Keycloak says it in a claim; its access tokens are "Bearer".
  if (claims.typ === "ID") return "the claim typ is ID";
  return ["nonce", "at_hash", "c_hash"].find((name) => name in claims);
}

function firstOf(claims: ProviderClaims, names: readonly string[]): unknown {
  const name = names.find((one) => Object.hasOwn(claims, one) && claims[one] !== null && claims[one] !== "");
  return name === undefined ? undefined : claims[name];
}
