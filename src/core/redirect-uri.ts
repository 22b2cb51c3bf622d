import type { Client } from "./client.ts";
import { OAuthError } from "./errors.ts";

declare const trusted: unique symbol;

/** A redirect URI that was found registered for its client. Only {@link trustRedirect} makes one. */
export type TrustedRedirect = { readonly uri: string; readonly [trusted]: true };

/** Where an address leads, which is what the person who approves must be told. */
export type RedirectKind = "https" | "loopback" | "private-use";

/**
 * The kind of a redirect URI that may be registered.
 * @throws OAuthError `invalid_redirect_uri`, naming the address and what is wrong with it.
 */
export function redirectKind(uri: string): RedirectKind {
  const wrong = (why: string) =>
    new OAuthError("invalid_redirect_uri", `The redirect URI ${quote(uri)} cannot be used: ${why}.`);
  if (!URI_CHARACTERS.test(uri)) throw wrong("it holds a character that no URI has");
  if (uri.includes("#")) throw wrong("it has a fragment");
  const url = URL.parse(uri);
  if (!url) throw wrong("it is not an absolute URI");
  const scheme = url.protocol.slice(0, -1);
  if (NEVER.has(scheme) || scheme.startsWith("ms-")) throw wrong(`the scheme ${scheme}: is never allowed`);
  if (url.username !== "" || url.password !== "" || /^[^/?]*\/\/[^/?]*@/.test(uri)) {
    throw wrong("it holds a user name or password");
  }
  switch (scheme) {
    case "https":
      // Parsers forgive missing and surplus slashes, each in its own way.
      if (!/^https:\/\/[^/?]/.test(uri)) throw wrong("it must begin with https:// and a host");
      if (!HOST.test(url.hostname)) throw wrong("its host is no name of a host");
      return LOOPBACK_HOSTS.has(url.hostname) ? "loopback" : "https";
    case "http":
      if (splitLoopback(uri)) return "loopback";
      throw wrong("http:// is for a port of this computer only (127.0.0.1, [::1], localhost); use https://");
    default:
      // RFC 8252 §7.1 asks for reverse-domain schemes; cursor://, vscode:// and claude:// are what is in use. What has
      // neither a dot nor an authority is mailto:, urn:, or a host whose http:// was forgotten.
      if (scheme.includes(".") || url.href.startsWith(`${scheme}://`)) return "private-use";
      throw wrong("a scheme of your own needs a dot (com.example.app:/…) or an authority (example-app://…)");
  }
}

/**
 * Settles where a client's answer goes. Exact string comparison, except that the port of a loopback address is free
 * (RFC 8252 §7.3; localhost too, because that is what clients in the field use).
 * @param requested the `redirect_uri` parameter; may be missing where exactly one is registered.
 * @throws OAuthError `invalid_request`; until this has succeeded nothing may be redirected anywhere.
 */
export function trustRedirect(
  client: Pick<Client, "redirectUris">,
  requested: string | undefined,
): TrustedRedirect {
  if (requested === undefined) {
    const [only, ...others] = client.redirectUris;
    if (only !== undefined && others.length === 0) return trust(only);
    throw new OAuthError(
      "invalid_request",
      "The parameter redirect_uri is missing. Name one of the addresses that the client registered.",
    );
  }
  const match = client.redirectUris.some(
    (registered) => registered === requested || sameButForLoopbackPort(registered, requested),
  );
  if (!match) {
    throw new OAuthError("invalid_request", "The redirect_uri is not one that this client registered.", {
      detail: `redirect_uri ${quote(requested)}; registered: ${client.redirectUris.map(quote).join(", ")}`,
    });
  }
  return trust(requested);
}

/** The same address with parameters added to its query. */
export function withParams(
  to: TrustedRedirect,
  params: Readonly<Record<string, string | undefined>>,
): string {
  const added = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) added.set(name, value);
  // By hand: URL would rewrite the registered part (a missing slash, an upper-case host), and clients compare.
  return `${to.uri}${to.uri.includes("?") ? "&" : "?"}${added}`;
}

/** What the consent page shows: the host, or the scheme of a private-use address. */
export function destination(uri: string): { readonly kind: RedirectKind; readonly shown: string } {
  const kind = redirectKind(uri);
  const url = new URL(uri);
  return { kind, shown: kind === "private-use" ? `${url.protocol}//${url.host}` : url.host };
}

/** What a URI is made of (RFC 3986 §2): no control characters, spaces, backslashes, quotes, or anything beyond ASCII. */
const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;
/** Letters, digits and what stands between them; an IPv6 address in brackets. The parser lets more pass, "*" too. */
const HOST = /^([a-z0-9._-]+|\[[0-9a-f:]+\])$/;
const LOOPBACK_HOSTS = new Set(["127.0.0.1", "[::1]", "localhost"]);
/** Schemes that run something, read something local, or belong to the browser or the system. */
const NEVER = new Set([
  ...[
    "javascript",
    "vbscript",
    "livescript",
    "mocha",
    "data",
    "blob",
    "file",
    "filesystem",
    "about",
    "jar",
    "mhtml",
  ],
  ...[
    "view-source",
    "chrome",
    "chrome-extension",
    "moz-extension",
    "edge",
    "resource",
    "res",
    "intent",
    "android-app",
  ],
  ...[
    "shell",
    "search-ms",
    "search",
    "help",
    "hcp",
    "feed",
    "ws",
    "wss",
    "ftp",
    "ftps",
    "sftp",
    "ssh",
    "telnet",
  ],
  ...["ldap", "ldaps", "gopher", "smb", "nfs", "mailto", "tel", "sms", "urn"],
]);

function sameButForLoopbackPort(registered: string, requested: string): boolean {
  const left = splitLoopback(registered);
  const right = splitLoopback(requested);
  return left !== undefined && right !== undefined && left.host === right.host && left.rest === right.rest;
}

/** Splits by text, not by URL: what is compared is what was registered, not what a parser makes of it. */
function splitLoopback(uri: string): { readonly host: string; readonly rest: string } | undefined {
  const match = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([1-9]\d{0,4}))?(?=[/?]|$)(.*)$/.exec(uri);
  const [, host, port = "80", rest = ""] = match ?? [];
  return host === undefined || Number(port) > 65_535 ? undefined : { host, rest };
}

/** Checked again where it is used: what was registered may be older than a rule. */
function trust(uri: string): TrustedRedirect {
  redirectKind(uri);
  return { uri } as TrustedRedirect;
}

function quote(uri: string): string {
  return JSON.stringify(uri.slice(0, 200));
}
