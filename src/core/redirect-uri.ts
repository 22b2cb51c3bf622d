import type { Client } from "./client.ts";
import { OAuthError } from "./errors.ts";

declare const trusted: unique symbol;

/** A redirect URI that was found registered for its client. Only {@link trustRedirect} makes one. */
export type TrustedRedirect = { readonly uri: string; readonly [trusted]: true };

/** Where an address leads, which is what the person who approves must be told. */
export type RedirectKind = "https" | "loopback" | "private-use";

const NEVER = new Set([
  "javascript:",
  "data:",
  "vbscript:",
  "file:",
  "blob:",
  "about:",
  "filesystem:",
  "ws:",
  "wss:",
  "ftp:",
]);
const LOOPBACK_HOSTS = new Set(["127.0.0.1", "[::1]", "localhost"]);
/** Control characters and spaces, which URL parsers strip silently, and a backslash, which they turn into a slash. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const UNSAFE_CHARACTER = /[\x00-\x20\x7F-\x9F\\]/;
const SCHEME = /^[a-z][a-z0-9+.-]*$/;

/**
 * The kind of a redirect URI that may be registered.
 * @throws OAuthError `invalid_redirect_uri`, naming the address and what is wrong with it.
 */
export function redirectKind(uri: string): RedirectKind {
  const wrong = (why: string) =>
    new OAuthError("invalid_redirect_uri", `The redirect URI ${quote(uri)} cannot be used: ${why}.`);
  if (UNSAFE_CHARACTER.test(uri)) throw wrong("it holds a control character, a space or a backslash");
  const url = URL.parse(uri);
  if (!url) throw wrong("it is not an absolute URI");
  if (NEVER.has(url.protocol)) throw wrong(`the scheme ${url.protocol} is never allowed`);
  if (uri.includes("#")) throw wrong("it has a fragment");
  if (url.username !== "" || url.password !== "" || /^[^/?]*\/\/[^/?]*@/.test(uri)) {
    throw wrong("it holds a user name or password");
  }
  if (url.protocol === "https:") return LOOPBACK_HOSTS.has(url.hostname) ? "loopback" : "https";
  if (url.protocol === "http:") {
    if (!LOOPBACK_HOSTS.has(url.hostname)) {
      throw wrong("http:// is for this computer only (127.0.0.1, [::1], localhost); use https://");
    }
    return "loopback";
  }
  // RFC 8252 §7.1 asks for reverse-domain schemes; cursor://, vscode:// and claude:// are what is in use.
  if (!SCHEME.test(url.protocol.slice(0, -1))) throw wrong("its scheme is malformed");
  return "private-use";
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
  redirectKind(requested);
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

function sameButForLoopbackPort(registered: string, requested: string): boolean {
  if (UNSAFE_CHARACTER.test(requested)) return false;
  const left = splitLoopback(registered);
  const right = splitLoopback(requested);
  return left !== undefined && right !== undefined && left.host === right.host && left.rest === right.rest;
}

/** Splits by text, not by URL: what is compared is what was registered, not what a parser makes of it. */
function splitLoopback(uri: string): { readonly host: string; readonly rest: string } | undefined {
  const match = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?(?=[/?]|$)(.*)$/.exec(uri);
  return match?.[1] === undefined ? undefined : { host: match[1], rest: match[2] ?? "" };
}

function trust(uri: string): TrustedRedirect {
  return { uri } as TrustedRedirect;
}

function quote(uri: string): string {
  return JSON.stringify(uri.slice(0, 200));
}
