import { OAuthError, quoted } from "./errors.ts";
import { isLoopbackHost, isWildcardHost } from "./hosts.ts";
import { isReverseDomain, schemeProblem } from "./redirect-schemes.ts";

/** Where an address leads, which is what the person who approves must be told. */
export type RedirectKind = "https" | "loopback" | "private-use";

/**
 * The kind of a redirect URI that may be registered.
 * @throws OAuthError `invalid_redirect_uri`, naming the address and what is wrong with it.
 */
export function redirectKind(uri: string): RedirectKind {
  const wrong = (why: string) => unusableRedirect(uri, why);
  if (!URI_CHARACTERS.test(uri)) throw wrong("it has a character that is not allowed in a URI");
  if (uri.includes("#")) throw wrong("it has a fragment");
  const url = URL.parse(uri);
  if (!url) throw wrong("it is not an absolute URI");
  const scheme = url.protocol.slice(0, -1);
  if (url.username !== "" || url.password !== "" || /^[^/?]*\/\/[^/?]*@/.test(uri)) {
    throw wrong("it has a user name or password");
  }
  switch (scheme) {
    case "https":
      // Parsers forgive missing and surplus slashes, each in its own way.
      if (!/^https:\/\/[^/?]/.test(uri)) throw wrong("it must begin with https:// and a host");
      if (!HOST.test(url.hostname)) throw wrong("its host is not a valid host name");
      return isLoopbackHost(url.hostname) || isWildcardHost(url.hostname) ? "loopback" : "https";
    case "http":
      if (splitLoopback(uri)) return "loopback";
      throw wrong("http:// is only for this computer (127.0.0.1, [::1], localhost); use https://");
    default: {
      const problem = schemeProblem(scheme) ?? formProblem(uri, scheme);
      if (problem !== undefined) throw wrong(problem);
      return "private-use";
    }
  }
}

/**
 * What is wrong with how a private-use address goes on after its scheme. RFC 8252 §7.1 asks for reverse domain names;
 * cursor://, vscode:// and claude:// are what is in use. `host.example:8080/cb` is neither: its https:// was forgotten.
 */
function formProblem(uri: string, scheme: string): string | undefined {
  const rest = uri.slice(scheme.length + 1);
  if (rest.startsWith("//") || (isReverseDomain(scheme) && rest.startsWith("/"))) return undefined;
  const missing = scheme === "localhost" ? "http://" : "https://";
  if (/^\d/.test(rest)) return `it begins with a host and a port; put ${missing} before it`;
  return isReverseDomain(scheme)
    ? `a slash must come after ${scheme}: (${scheme}:/path); if ${scheme} is a host, put ${missing} before it`
    : "your own scheme needs a dot (com.example.app:/path) or two slashes (example-app://path)";
}

/** Whether two addresses are the same, letter for letter, but for the port of a loopback address (RFC 8252 §7.3). */
export function isSameRedirect(registered: string, requested: string): boolean {
  if (registered === requested) return true;
  const [left, right] = [splitLoopback(registered), splitLoopback(requested)];
  return left !== undefined && right !== undefined && left.host === right.host && left.rest === right.rest;
}

/** The refusal of an address, which names it. */
export function unusableRedirect(uri: string, why: string): OAuthError {
  return new OAuthError("invalid_redirect_uri", `The redirect URI ${quoted(uri)} cannot be used: ${why}.`);
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

/** Splits by text, not by URL: what is compared is what was registered, not what a parser makes of it. */
function splitLoopback(uri: string): { readonly host: string; readonly rest: string } | undefined {
  const match = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([1-9]\d{0,4}))?(?=[/?]|$)(.*)$/.exec(uri);
  const [, host, port = "80", rest = ""] = match ?? [];
  return host === undefined || Number(port) > 65_535 ? undefined : { host, rest };
}
