/**
 * Whether a provider granted less than it was asked for. A person can take a scope out of the request on its way, and what it
 * would have told of them is then missing.
 * @param granted the `scope` of the token response; undefined where it is what was asked for (RFC 6749 §5.1)
 */
export function isNarrowed(asked: readonly string[], granted: string | undefined): boolean {
  if (granted === undefined) return false;
  const names = new Set(granted.split(/\s+/).map((name) => SHORT_NAMES.get(name) ?? name));
  return asked.some((scope) => !SAYS_NOTHING.has(scope) && !names.has(SHORT_NAMES.get(scope) ?? scope));
}

/** Google is asked for the short ones, and answers with these. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ["https://www.googleapis.com/auth/userinfo.email", "email"],
  ["https://www.googleapis.com/auth/userinfo.profile", "profile"],
]);

/** Of the person. Many providers leave it out of the answer. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(["offline_access"]);
