/** Scopes that are the provider's own at every provider, and never carry a server's prefix (OpenID Connect Core §5.4). */
const PROVIDERS_OWN = new Set([
  "openid",
  "profile",
  "email",
  "phone",
  "address",
  "offline_access",
  "aws.cognito.signin.user.admin",
]);

/**
 * A scope by the name under which clients ask the provider for it: Entra and Cognito want the server before it.
 * @param prefix with its separator: "api://1b2c/" makes "api://1b2c/todo:read" of "todo:read".
 */
export function scopeAtProvider(prefix: string, scope: string): string {
  return prefix === "" || PROVIDERS_OWN.has(scope) || scope.includes("/") ? scope : prefix + scope;
}

/** The same scope as the server names it. Another server's stays as it is, so that it is none of ours. */
export function scopeHere(prefix: string, scope: string): string {
  return prefix !== "" && scope.startsWith(prefix) ? scope.slice(prefix.length) : scope;
}
