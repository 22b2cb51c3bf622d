/** The claims of a token, or an object in one of them. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * The claim of exactly this name, else the one at this path: `realm_access.roles`. Names may have dots themselves, as
 * Auth0's do, so the longest name that is there is followed. Undefined where there is none, or where it is null.
 */
export function claimAt(claims: Claims, path: string): unknown {
  const named = memberOf(claims, path);
  if (named !== undefined) return named;
  for (let dot = path.lastIndexOf("."); dot > 0; dot = path.lastIndexOf(".", dot - 1)) {
    const parent = memberOf(claims, path.slice(0, dot));
    const found = isClaims(parent) ? claimAt(parent, path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Whether the provider has this claim and did not send it: it names another place for it (OpenID Connect Core 1.0 §5.6.2), as
 * Entra does for the groups of a person who has many, or says no more than that there are groups.
 */
export function isClaimElsewhere(claims: Claims, name: string): boolean {
  const { _claim_names: names } = claims;
  if (isClaims(names) && Object.hasOwn(names, name)) return true;
  return name === "groups" && claims.hasgroups === true;
}

function memberOf(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? (claims[name] ?? undefined) : undefined;
}

function isClaims(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
