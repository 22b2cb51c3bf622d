import { z } from "zod";
import { type Claims, claimAt } from "./claim-path.ts";
import { parseScopes } from "./scopes.ts";
import { shown } from "./shown.ts";

const claimsWith = (time: z.ZodType<number>) =>
  z.looseObject({
    iss: z.string(),
    aud: z.union([z.string(), z.array(z.string())]).optional(),
    exp: time,
    iat: time.optional(),
    nbf: time.optional(),
    jti: z.string().optional(),
  });
const signedClaims = claimsWith(z.number());
// Some providers answer introspection with text, as Google's tokeninfo does.
const toldClaims = claimsWith(
  z.union([
    z.number(),
    z
      .string()
      .regex(/^-?\d+(\.\d+)?$/)
      .transform(Number),
  ]),
);

/** The claims that every access token of a provider must have, whatever else is in it (RFC 9068 §2.2, RFC 7519 §4.1). */
export type ProviderClaims = z.infer<typeof signedClaims>;

/** Claims that can be used, or why they cannot, with the name of the one at fault. */
export type ReadClaims = { readonly claims: ProviderClaims } | { readonly why: string };

/** The claims of a JWT whose signature is right. One that is null is not there. */
export function readSignedClaims(payload: unknown): ReadClaims {
  return read(signedClaims, payload);
}

/**
 * The claims that a provider told when it was asked about a token. It need name neither itself nor an end (RFC 7662
 * §2.2), and where it says 0 for one, it does not know it.
 */
export function readToldClaims(
  said: Claims,
  unsaid: { readonly issuer: string; readonly expiresAt: number },
): ReadClaims {
  const answer = read(toldClaims, { iss: unsaid.issuer, exp: 0, ...withoutNulls(said) });
  if ("why" in answer || answer.claims.exp !== 0) return answer;
  return { claims: { ...answer.claims, exp: unsaid.expiresAt } };
}

function read(schema: z.ZodType<ProviderClaims>, payload: unknown): ReadClaims {
  const given = withoutNulls(payload);
  const parsed = schema.safeParse(given);
  if (parsed.success) return { claims: parsed.data };
  const name = String(parsed.error.issues[0]?.path[0]);
  const value = given[name];
  return { why: `a claim cannot be used: ${name} is ${value === undefined ? "missing" : shown(value)}` };
}

function withoutNulls(payload: unknown): Claims {
  if (typeof payload !== "object" || payload === null) return {};
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null));
}

/** Which claims hold what, by name or by path. Each is a list, of which the first one that is there counts. */
export type ClaimNames = {
  /** A space-separated string or a list. */
  readonly scopes: readonly string[];
  readonly person: readonly string[];
  readonly client: readonly string[];
  /** What is kept as the subject of those who sign in here through the provider. One alone: no other may stand in for it. */
  readonly subject: string;
};

/** What providers do, as far as they agree. */
export const USUAL_CLAIM_NAMES: ClaimNames = {
  scopes: ["scope", "scp", "permissions"],
  person: ["sub"],
  client: ["client_id", "azp", "cid"],
  subject: "sub",
};

export function scopesOf(claims: ProviderClaims, names: readonly string[]): readonly string[] {
  const value = firstOf(claims, names)?.value;
  if (typeof value === "string") return parseScopes(value);
  return Array.isArray(value) ? parseScopes(value.filter((one) => typeof one === "string").join(" ")) : [];
}

/**
 * The id in the first claim that is there. Some providers have numbers. Beyond 2^53 several of them are one to JSON, and
 * several people would be one.
 */
export function idOf(
  claims: ProviderClaims,
  names: readonly string[],
): { readonly id: string } | { readonly why: string } {
  const found = firstOf(claims, names);
  if (!found) return { why: `none of ${names.join(", ")} is present` };
  const { name, value } = found;
  if (typeof value === "string") return { id: value };
  if (Number.isSafeInteger(value)) return { id: String(value) };
  const said = typeof value === "number" ? value : shown(value);
  return {
    why: `${name} is ${said}, and an id must be text or a whole number up to ${Number.MAX_SAFE_INTEGER}`,
  };
}

/** The profile claims that providers put into access tokens. An address that the provider calls unverified is nobody's. */
export function profileOf({ name, email, email_verified: verified = true }: ProviderClaims): {
  readonly name?: string;
  readonly email?: string;
} {
  return {
    ...(typeof name === "string" && { name }),
    ...(typeof email === "string" && (verified === true || verified === "true") && { email }),
  };
}

function firstOf(
  claims: ProviderClaims,
  names: readonly string[],
): { readonly name: string; readonly value: unknown } | undefined {
  return names
    .map((name) => ({ name, value: claimAt(claims, name) }))
    .find(({ value }) => value !== undefined && value !== "");
}
