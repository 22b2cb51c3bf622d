/** Scopes are opaque, case-sensitive tokens without spaces (RFC 6749 §3.3). */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** What the operator offers: each scope with the plain words of the consent page. */
export type ScopeCatalogue = {
  /** Scope → what it lets the client do, in words a person understands. */
  readonly descriptions: ReadonlyMap<string, string>;
  /** Needed by every request; granted always, and shown locked on the consent page. */
  readonly required: readonly string[];
  /** Broader scope → the narrower ones that it includes. */
  readonly implies: ReadonlyMap<string, readonly string[]>;
};

/** Asks for a refresh token in OpenID Connect; understood everywhere, granted as a scope nowhere. */
export const OFFLINE_ACCESS = "offline_access";

export function isScopeToken(text: string): boolean {
  return SCOPE_TOKEN.test(text);
}

/** The scopes of a space-separated string, each once, in order; anything that is no scope token is left out. */
export function parseScopes(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  return [...new Set(text.split(" ").filter(isScopeToken))];
}

export function formatScopes(scopes: readonly string[]): string {
  return scopes.join(" ");
}

/**
 * The scopes that an authorization request comes to: unknown ones are narrowed away, the required ones always
 * belong, and a request for nothing that we know means the default set.
 */
export function narrowScopes(requested: readonly string[], catalogue: ScopeCatalogue): readonly string[] {
  const known = requested.filter((scope) => catalogue.descriptions.has(scope));
  return union(catalogue.required, known);
}

/**
 * The scopes of an access token whose refresh names `requested` (RFC 6749 §6): what was granted of them, and the required
 * ones that were granted, without which no call would be let in. Clients name what they once asked for, so what nobody
 * knows counts as not said, and nothing said means all that was granted. Empty where nothing that is named was granted.
 */
export function refreshedScopes(
  requested: readonly string[],
  granted: readonly string[],
  { descriptions, required, implies }: ScopeCatalogue,
): readonly string[] {
  const named = requested.filter((scope) => descriptions.has(scope) || granted.includes(scope));
  if (named.length === 0) return granted;
  const kept = union(held(named, granted, implies), held(granted, named, implies));
  return kept.length === 0 ? kept : union(held(required, granted, implies), kept);
}

/** Those of the scopes that others hold, directly or through a broader one. */
function held(
  scopes: readonly string[],
  by: readonly string[],
  implies: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const missing = missingScopes(scopes, by, implies);
  return scopes.filter((scope) => !missing.includes(scope));
}

/** Both lists, each scope once, the first list's order first. */
export function union(first: readonly string[], second: readonly string[]): readonly string[] {
  return [...new Set([...first, ...second])];
}

/** The scopes in `needed` that `granted` does not hold, directly or through a broader one. */
export function missingScopes(
  needed: readonly string[],
  granted: readonly string[],
  implies: ReadonlyMap<string, readonly string[]> = new Map(),
): readonly string[] {
  const lacking = needed.filter((scope) => !granted.includes(scope));
  // Ordinarily nothing is, and what the broader ones imply need not be worked out.
  if (lacking.length === 0) return lacking;
  const held = withImplied(granted, implies);
  return lacking.filter((scope) => !held.has(scope));
}

function withImplied(
  granted: readonly string[],
  implies: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const held = new Set<string>();
  const waiting = [...granted];
  for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop()) {
    if (held.has(scope)) continue;
    held.add(scope);
    waiting.push(...(implies.get(scope) ?? []));
  }
  return held;
}
