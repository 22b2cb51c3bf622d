import { hasExpired, refuseClaims } from "../../core/access-token.ts";
import type { Auth } from "../../core/auth.ts";
import { claimAt } from "../../core/claim-path.ts";
import { sameResource } from "../../core/grant.ts";
import {
  type ClaimNames,
  idOf,
  type ProviderClaims,
  profileOf,
  scopesOf,
} from "../../core/provider-claims.ts";
import { scopeHere } from "../../core/scope-prefix.ts";
import { type ClaimGroups, refuseKind } from "../../core/token-kind.ts";

/** What a provider's tokens must say, and where. */
export type TokenRules = {
  /** The spellings of `iss`: one, but for providers that have several for one issuer (Entra's v1 tokens). */
  readonly issuers: readonly string[];
  /** One of these must be in the audience claim. */
  readonly audiences: readonly string[];
  /** `aud`, but for providers that say it elsewhere (Cognito: `client_id`). */
  readonly audienceClaim: string;
  readonly claimNames: ClaimNames;
  /** The provider's own marks of an access token; none for the usual ones. */
  readonly accessTokenClaims: ClaimGroups;
  /** What the provider puts before the names of our scopes. */
  readonly scopePrefix: string;
  /** What stands before the ids of its people; "" where they are as the provider has them. */
  readonly personPrefix: string;
  readonly leewaySeconds: number;
};

/** A token whose claims are the provider's: it signed them, or told them when it was asked. */
export type ProvenToken = {
  readonly claims: ProviderClaims;
  /** `typ` of its header, where it is a JWT. */
  readonly type?: unknown;
  readonly token: string;
};

/** Whom a token lets in, or why it lets in nobody: the text is for the operator's log. */
export type Admission =
  | {
      readonly auth: Auth;
      /** As the provider says it, and as an identity has it: undefined where the claim is missing, or no id. */
      readonly subject: string | undefined;
    }
  | { readonly why: string; readonly ended?: "expired" | undefined };

export function admit(
  { claims, type, token }: ProvenToken,
  rules: TokenRules,
  nowSeconds: number,
): Admission {
  const wrong =
    refuseKind({ type, claims }, rules.accessTokenClaims) ?? refuseForHere(claims, rules, nowSeconds);
  if (wrong !== undefined) {
    const isExpired = hasExpired(claims, { expiryLeewaySeconds: rules.leewaySeconds }, nowSeconds);
    return { why: wrong, ended: isExpired ? "expired" : undefined };
  }
  const person = idOf(claims, rules.claimNames.person);
  if ("why" in person) return { why: `no person: ${person.why}` };
  const client = idOf(claims, rules.claimNames.client);
  const subject = idOf(claims, [rules.claimNames.subject]);
  return {
    subject: "id" in subject ? subject.id : undefined,
    auth: {
      person: { id: rules.personPrefix + person.id, ...profileOf(claims) },
      organization: null,
      client: { id: "id" in client ? client.id : "", name: null },
      scopes: scopesOf(claims, rules.claimNames.scopes).map((scope) => scopeHere(rules.scopePrefix, scope)),
      issuer: claims.iss,
      audience: audienceFor(claims, rules) ?? "",
      issuedAt: claims.iat ?? 0,
      expiresAt: claims.exp,
      tokenId: claims.jti ?? "",
      grantId: null,
      claims,
      token,
    },
  };
}

/** Why it is not for this server and this time, by this issuer. */
function refuseForHere(claims: ProviderClaims, rules: TokenRules, nowSeconds: number): string | undefined {
  const { audiences, issuers, leewaySeconds } = rules;
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

/** Whom the token says that it is for. */
function audiencesOf(claims: ProviderClaims, { audienceClaim }: TokenRules): readonly string[] {
  return [claimAt(claims, audienceClaim)].flat().filter((one) => typeof one === "string");
}

/** The audience of ours that it is for, as the options spell it; undefined where it is for none. */
function audienceFor(claims: ProviderClaims, rules: TokenRules): string | undefined {
  const said = audiencesOf(claims, rules);
  return rules.audiences.find((accepted) => said.some((one) => sameResource(one, accepted)));
}
