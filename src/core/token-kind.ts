import { type Claims, claimAt } from "./claim-path.ts";
import { shown } from "./shown.ts";

/** What is known of a token whose origin is proven. */
export type ShownToken = {
  /** `typ` of its header; undefined where it has no header, because the provider was asked about it. */
  readonly type: unknown;
  readonly claims: Claims;
};

/** Claims of which one must be there; of several lists, one of each. */
export type ClaimGroups = readonly (readonly string[])[];

/**
 * Why this is no access token, or undefined where it is one. A right signature says only whose token it is: an ID token
 * says who signed in to a client, a refresh token is for the provider, and neither grants anything here (RFC 9068 §5).
 *
 * Two steps. A stated kind decides: another one refuses, whatever else is there, and so does what ID tokens have, unless
 * the kind of an access token is stated. What states no kind must show that it is one by its claims.
 *
 * @param mustShow the provider's own marks of an access token, which then must be there; none for the usual ones
 */
export function refuseKind(token: ShownToken, mustShow: ClaimGroups): string | undefined {
  const { claims } = token;
  const kinds = statedKinds(token);
  const other = kinds.find(({ kind }) => !isAccessTokenKind(kind));
  if (other) return refusal(`${other.place} is ${shown(other.kind)}`);
  const isStated = kinds.length > 0;
  const sign = ID_TOKEN_CLAIMS.find((name) => claimAt(claims, name) !== undefined);
  if (sign !== undefined && !isStated) {
    return refusal(`it has ${sign}, as ID tokens do, and states no kind`);
  }
  // RFC 7800: whoever presents it must prove the key, by DPoP or TLS; a thief could not.
  if (claimAt(claims, "cnf") !== undefined) {
    return "the token is bound to a key (cnf), and this server does not check the proof of that key";
  }
  const lacking = mustShow.find((group) => !isOneThere(claims, group));
  if (lacking) return refusal(`none of ${lacking.join(", ")} is present`);
  if (isStated || mustShow.length > 0 || isOneThere(claims, USUAL_CLAIMS)) return undefined;
  return refusal(
    `it states no kind, and none of ${USUAL_CLAIMS.join(", ")} is present (the option accessTokenClaims names others)`,
  );
}

/** The first step for a header alone: what it refuses need not have its signature checked. */
export function refuseType(type: unknown): string | undefined {
  const [stated] = statedKinds({ type, claims: {} });
  return stated && !isAccessTokenKind(stated.kind)
    ? refusal(`${stated.place} is ${shown(stated.kind)}`)
    : undefined;
}

/** How access tokens are called: RFC 9068 §2.1, RFC 6750 (Keycloak, Okta), Cognito, Hydra and oidc-provider. */
const ACCESS_TOKEN_KINDS = new Set(["at+jwt", "application/at+jwt", "bearer", "access", "access_token"]);
/** A header that says only how the token is written (RFC 7519 §5.1). */
const FORMATS = new Set(["", "jwt", "application/jwt"]);
const KIND_CLAIMS = [
  { name: "typ", place: "the claim typ" },
  { name: "token_use", place: "token_use" },
  { name: "token_type", place: "token_type" },
];
/** OpenID Connect Core §2 and §3.3.2.11. Keycloak and authentik put them into access tokens too. */
const ID_TOKEN_CLAIMS = ["nonce", "at_hash", "c_hash"];
const USUAL_CLAIMS = ["scope", "scp", "permissions", "client_id", "cid"];

function statedKinds({ type, claims }: ShownToken): readonly { place: string; kind: unknown }[] {
  const isFormat = typeof type === "string" && FORMATS.has(type.toLowerCase());
  return [
    { place: "typ", kind: isFormat ? undefined : type },
    ...KIND_CLAIMS.map(({ name, place }) => ({ place, kind: claims[name] })),
  ].filter(({ kind }) => kind !== undefined && kind !== null && kind !== "");
}

function isAccessTokenKind(kind: unknown): boolean {
  return typeof kind === "string" && ACCESS_TOKEN_KINDS.has(kind.toLowerCase());
}

function isOneThere(claims: Claims, names: readonly string[]): boolean {
  return names.some((name) => claimAt(claims, name) !== undefined);
}

function refusal(why: string): string {
  return `not an access token: ${why}`;
}
