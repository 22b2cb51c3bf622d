import type { CryptoKey } from "jose";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import * as errors from "jose/errors";
import { compactVerify } from "jose/jws/compact/verify";
import { hasExpired, refuseClaims } from "../../core/access-token.ts";
import type { Auth } from "../../core/auth.ts";
import { sameResource } from "../../core/grant.ts";
import {
  type ClaimNames,
  idTokenSign,
  type ProviderClaims,
  providerClaims,
  scopesOf,
  textOf,
} from "../../core/provider-claims.ts";
import { scopeHere } from "../../core/scope-prefix.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Verification } from "../guard.ts";
import type { KeySet } from "../provider/key-set.ts";
import { clipped, shown } from "../refusals.ts";

/** Asymmetric ones only: a symmetric key beside a published key set is how the two get confused (RFC 8725 §2.1). */
const ALGORITHMS = new Set([
  "ES256",
  "ES384",
  "ES512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "EdDSA",
]);
/** RFC 9068 §4 asks for `at+jwt`; many providers say `JWT`, or nothing. */
const TYPES = new Set(["at+jwt", "application/at+jwt", "jwt", ""]);

/** What a provider's tokens must say, and where. */
export type TokenRules = {
  /** The spellings of `iss`: one, but for providers that have several for one issuer (Entra's v1 tokens). */
  readonly issuers: readonly string[];
  /** One of these must be in the audience claim. */
  readonly audiences: readonly string[];
  /** `aud`, but for providers that say it elsewhere (Cognito: `client_id`). */
  readonly audienceClaim: string;
  readonly claimNames: ClaimNames;
  /** One of these must be there, or it is no access token; none where its absence says nothing. */
  readonly accessTokenClaims: readonly string[];
  /** What the provider puts before the names of our scopes. */
  readonly scopePrefix: string;
  readonly leewaySeconds: number;
};

/** Verifies the JWT access tokens of a provider by its published keys. */
export function verifyProviderTokens(
  rules: TokenRules,
  { keySet, clock }: { readonly keySet: KeySet; readonly clock: Clock },
): (token: string) => Promise<Verification> {
  return async (token) => {
    const header = readHeader(token);
    if (!header) return { kind: "refused", why: "not a JWT" };
    const { alg = "", typ = "", kid } = header;
    const refused = (why: string): Verification => ({
      kind: "refused",
      why,
      about: { issuer: rules.issuers[0], ...(kid !== undefined && { kid: clipped(kid) }) },
    });
    if (!ALGORITHMS.has(alg)) return refused(`alg ${shown(alg)} is not accepted`);
    if (!TYPES.has(typ.toLowerCase())) return refused(`typ ${shown(typ)} is no access token`);
    const key = await keySet.find(kid, alg);
    if (!key) return refused(`unknown kid ${shown(kid)}`);
    const payload = await openJws(token, key, alg);
    if (!payload) return refused("wrong signature");
    const claims = providerClaims.safeParse(payload);
    if (!claims.success) return refused("exp, iss or another claim is missing or of the wrong kind");
    const now = clock() / 1000;
    const wrong = refuseProviderClaims(claims.data, rules, now);
    if (wrong !== undefined) {
      const { leewaySeconds: expiryLeewaySeconds } = rules;
      const isExpired = hasExpired(claims.data, { expiryLeewaySeconds }, now);
      return { ...refused(wrong), ended: isExpired ? "expired" : undefined };
    }
    const auth = authBy(claims.data, rules, token);
    return auth
      ? { kind: "verified", auth, until: auth.expiresAt + rules.leewaySeconds }
      : refused(noPerson(rules));
  };
}

/** Why claims whose origin is proven do not open this server, or undefined where they do. */
export function refuseProviderClaims(
  claims: ProviderClaims,
  rules: TokenRules,
  nowSeconds: number,
): string | undefined {
  const sign = idTokenSign(claims);
  if (sign !== undefined) return `this is an ID token (${sign}), not an access token`;
  const { accessTokenClaims, audiences, issuers, leewaySeconds } = rules;
  if (accessTokenClaims.length > 0 && !accessTokenClaims.some((name) => claims[name] !== undefined))
    return `not an access token: none of ${accessTokenClaims.join(", ")} is there`;
  // Several audiences and issuers are right here; what is compared is the one that was found against itself.
  return refuseClaims(
    {
      iss: claims.iss,
      aud: audiencesOf(claims, rules),
      iat: claims.iat ?? 0,
      nbf: claims.nbf,
      exp: claims.exp,
    },
    {
      issuer: issuers.includes(claims.iss) ? claims.iss : (issuers[0] ?? ""),
      resource: audienceFor(claims, rules) ?? audiences[0] ?? "",
      leewaySeconds,
      expiryLeewaySeconds: leewaySeconds,
    },
    nowSeconds,
  );
}

/** What a handler gets to see of a provider's token; undefined where it names nobody. */
export function authBy(claims: ProviderClaims, rules: TokenRules, token: string): Auth | undefined {
  const { claimNames, scopePrefix } = rules;
  const person = textOf(claims, claimNames.person);
  if (person === undefined) return undefined;
  return {
    person: { id: person, ...named(claims) },
    client: { id: textOf(claims, claimNames.client) ?? "", name: null },
    scopes: scopesOf(claims, claimNames.scopes).map((scope) => scopeHere(scopePrefix, scope)),
    issuer: claims.iss,
    audience: audienceFor(claims, rules) ?? "",
    issuedAt: claims.iat ?? 0,
    expiresAt: claims.exp,
    tokenId: claims.jti ?? "",
    grantId: null,
    claims,
    token,
  };
}

export function noPerson({ claimNames }: TokenRules): string {
  return `no person: none of ${claimNames.person.join(", ")} is there`;
}

/** Whom the token says that it is for. */
function audiencesOf(claims: ProviderClaims, { audienceClaim }: TokenRules): readonly string[] {
  return [claims[audienceClaim]].flat().filter((one) => typeof one === "string");
}

/** The audience of ours that it is for, as the options spell it; undefined where it is for none. */
function audienceFor(claims: ProviderClaims, rules: TokenRules): string | undefined {
  const said = audiencesOf(claims, rules);
  return rules.audiences.find((accepted) => said.some((one) => sameResource(one, accepted)));
}

/** The profile claims that providers put into access tokens, where they are text. */
function named(claims: ProviderClaims): { readonly name?: string; readonly email?: string } {
  const { name, email } = claims;
  return { ...(typeof name === "string" && { name }), ...(typeof email === "string" && { email }) };
}

type Header = { readonly alg?: string; readonly typ?: string; readonly kid?: string };

function readHeader(token: string): Header | undefined {
  try {
    const { alg, typ, kid } = decodeProtectedHeader(token);
    return {
      ...(typeof alg === "string" && { alg }),
      ...(typeof typ === "string" && { typ }),
      ...(typeof kid === "string" && { kid }),
    };
  } catch {
    return undefined;
  }
}

/** The payload of a JWS whose signature is right, as JSON. */
async function openJws(token: string, key: CryptoKey | Uint8Array, algorithm: string): Promise<unknown> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError || error instanceof TypeError)
      return undefined;
    throw error;
  }
}
