import { schemeProblem } from "./redirect-schemes.ts";
import { redirectKind, unusableRedirect } from "./redirect-uri.ts";

/**
 * Hosts and schemes, each in the form in which it is compared: `claude.ai` (with a port where it is not 443),
 * `*.example.com` for every subdomain of example.com and not example.com itself, `cursor:`.
 */
export type RedirectList = ReadonlySet<string>;

/**
 * Well-known clients, each with where its redirect URI was read. Short on purpose: whoever is on it is redirected to
 * without a click. An operator adds others with `trustedRedirects`.
 */
export const BUILT_IN_REDIRECTS: RedirectList = new Set([
  // Claude: https://support.anthropic.com/en/articles/11503834 names both hosts.
  ...["claude.ai", "claude.com", "claude:"],
  // ChatGPT: https://developers.openai.com/apps-sdk/build/auth, /connector_platform_oauth_redirect.
  "chatgpt.com",
  // VS Code: https://vscode.dev/oauth/client-metadata.json, and its URL handlers.
  ...["vscode.dev", "insiders.vscode.dev", "vscode:", "vscode-insiders:"],
  // Cursor registers cursor://anysphere.cursor-mcp/oauth/callback and www.cursor.com/agents/mcp/oauth/callback.
  ...["www.cursor.com", "cursor:"],
  // Perplexity registers www.perplexity.ai/rest/connections/oauth_callback.
  "www.perplexity.ai",
  // Antigravity registers /oauth-callback: https://github.com/google-antigravity/antigravity-cli/issues/480.
  "antigravity.google",
  // Windsurf, Zed: https://github.com/trypostit/trypost/pull/336, https://github.com/liketrek/TREK/issues/2227.
  ...["windsurf:", "zed:"],
  // Raycast: https://developers.raycast.com/api-reference/oauth, RedirectMethod.
  "raycast:",
  // WorkBuddy registers workbuddy://workbuddy/mcp/…: https://github.com/liketrek/TREK/issues/2227.
  "workbuddy:",
]);

/** Whether an address that may be registered leads to one of these. */
export function isListed(list: RedirectList, uri: string): boolean {
  const { protocol, host } = new URL(uri);
  if (redirectKind(uri) === "private-use") return list.has(protocol);
  return isListedHost(list, host);
}

/** The same of a host, as a URL has it. */
export function isListedHost(list: RedirectList, host: string): boolean {
  return list.has(host) || parentsOf(host).some((parent) => list.has(`*.${parent}`));
}

/**
 * The operator's limit on where clients send people.
 * @param allowed undefined for anywhere; this computer is always allowed.
 * @throws OAuthError `invalid_redirect_uri`, naming the address.
 */
export function refuseOtherHosts(uri: string, allowed: RedirectList | undefined): void {
  if (allowed === undefined || redirectKind(uri) === "loopback" || isListed(allowed, uri)) return;
  throw unusableRedirect(uri, "this server does not allow clients to send people there");
}

/** An entry as it is compared, or what would be right, as the end of "it must be …". */
export function readRedirectEntry(text: string): { readonly entry: string } | { readonly problem: string } {
  if (/^[a-z][a-z0-9+.-]*:$/i.test(text)) return readScheme(text.toLowerCase());
  const [, wildcard = "", host = ""] = /^(\*\.)?(.*)$/s.exec(text) ?? [];
  const url = /^[^/?#@\\\s*]+$/.test(host) ? URL.parse(`https://${host}`) : null;
  if (!url) return { problem: REDIRECT_ENTRY };
  if (BUILT_IN_REDIRECTS.has(`${url.host}:`)) {
    return { problem: `"${url.host}:" for the scheme of an app, with a colon` };
  }
  return { entry: `${wildcard}${url.host}` };
}

export const REDIRECT_ENTRY =
  'a host without https:// and path, such as "app.example.com" or "*.example.com", or the scheme of an app, such as "myapp:"';

function readScheme(scheme: string): { readonly entry: string } | { readonly problem: string } {
  if (scheme === "https:" || scheme === "http:") return { problem: REDIRECT_ENTRY };
  const problem = schemeProblem(scheme.slice(0, -1));
  return problem === undefined ? { entry: scheme } : { problem: `another scheme: ${problem}` };
}

/** example.com and com, of app.example.com. */
function parentsOf(host: string): readonly string[] {
  const labels = host.split(".");
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join("."));
}
