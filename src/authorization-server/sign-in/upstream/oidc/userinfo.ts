import type { OidcSettings } from "../../../../config/sign-in/settings.ts";
import { claimAt } from "../../../../core/claim-path.ts";
import type { Endpoints } from "./endpoints.ts";
import { brokenOffOf } from "./failures.ts";
import type { IdTokenClaims } from "./id-token.ts";
import { openidClient } from "./openid-client.ts";

type Said = Readonly<Record<string, unknown>>;

/**
 * What the ID token says and, where something that is needed is not in it, the userinfo endpoint (OpenID Connect Core 1.0
 * §5.3). The ID token has precedence.
 * @throws BrokenOff where that can't be had, or is about someone else
 */
export async function withUserinfo(
  claims: IdTokenClaims,
  accessToken: string,
  settings: OidcSettings,
  endpoints: Endpoints,
): Promise<Said> {
  if (!lacks(claims, settings) || !(await endpoints.hasUserinfo())) return claims;
  const configuration = await endpoints.configuration();
  const { fetchUserInfo } = await openidClient();
  try {
    // Of the same `sub`, or another person's address would be this one's (OpenID Connect Core 1.0 §5.3.2).
    const told: Said = await fetchUserInfo(configuration, accessToken, claims.sub);
    return { ...told, ...claims, ...addressOf(claims, told) };
  } catch (error) {
    throw await brokenOffOf(error, "userinfo endpoint");
  }
}

function lacks(claims: Said, settings: OidcSettings): boolean {
  if (!settings.usesUserinfo) return false;
  const { scopes, emailVerified, groups, subject, profile } = settings;
  const needed = [
    ...(scopes.includes("profile") ? ["name"] : []),
    ...(scopes.includes("email") ? ADDRESS[emailVerified] : []),
    ...(groups === undefined ? [] : [groups]),
    subject,
    ...profile,
  ];
  return needed.some((name) => claimAt(claims, name) === undefined);
}

/** What an address takes to count. */
const ADDRESS = {
  claim: ["email", "email_verified"],
  true: ["email", "email_verified"],
  always: ["email"],
  never: [],
} as const satisfies Record<OidcSettings["emailVerified"], readonly string[]>;

/** An address and whether it is verified come from one place: one of them says nothing of the other's. */
function addressOf(claims: Said, told: Said): Said {
  const isWhole = claims.email != null && claims.email_verified != null;
  const { email, email_verified } = isWhole || told.email == null ? claims : told;
  return { email, email_verified };
}
