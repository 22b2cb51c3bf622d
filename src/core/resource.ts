import { OAuthError, quoted } from "./errors.ts";

/**
 * Checks that every `resource` of a request (RFC 8707 §2) is this server's. Clients send the URL as a person typed it,
 * so the scheme and host are compared without regard to case, a default port is no port (RFC 3986 §6.2.3), and the query
 * does not count. The path counts exactly, but for one trailing slash.
 * @throws OAuthError `invalid_target`, naming the right one.
 */
export function requireResource(requested: readonly string[], resource: string): void {
  const ours = comparable(resource);
  for (const one of requested) {
    if (comparable(one) === ours) continue;
    throw new OAuthError(
      "invalid_target",
      `The resource ${quoted(one)} isn't served here. Ask for ${resource} or leave the parameter out.`,
    );
  }
}

/** Scheme, host and port, path: no user name, and no fragment (RFC 8707 §2 forbids one). */
const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\\]+)(\/[^?#]*)?(?:\?[^#]*)?$/i;
const DEFAULT_PORTS: ReadonlyMap<string, RegExp> = new Map([
  ["http", /:(80)?$/],
  ["https", /:(443)?$/],
]);

/**
 * What is compared of a URL, or undefined where it can't be a resource. By text: a URL parser would also resolve dot
 * segments and rewrite percent-encoding.
 */
function comparable(url: string): string | undefined {
  const [, scheme, authority, path = ""] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined || authority === undefined) return undefined;
  const lowerScheme = lowerAscii(scheme);
  const host = lowerAscii(authority).replace(DEFAULT_PORTS.get(lowerScheme) ?? /$/, "");
  return `${lowerScheme}://${host}${path.endsWith("/") ? path.slice(0, -1) : path}`;
}

/** `toLowerCase` would turn letters of other alphabets into ours. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
