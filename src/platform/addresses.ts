import { isIPv4, isIPv6 } from "node:net";

/**
 * Whether a host, as it stands in a URL or in the `host` option, leads to this computer only (RFC 6761 §6.3). A name may
 * end with the dot of its absolute form, and an IPv4 address may be written as an IPv6 one.
 */
export function isLoopbackHost(host: string): boolean {
  const bare = withoutBrackets(host.toLowerCase()).replace(/\.$/, "");
  if (bare === "localhost" || bare.endsWith(".localhost")) return true;
  return isIPv4(bare) ? bare.startsWith("127.") : bare === "::1" || /^::ffff:7f[0-9a-f]{2}:/.test(bare);
}

/** Whether secrets may be sent there: over TLS, or to this computer; and nothing in it that a server would not see. */
export function isSecureUrl(text: string): boolean {
  return isUsableUrl(text, false);
}

/** The same, where the operator may have allowed that they cross a network readable. */
export function isUsableUrl(text: string, allowInsecure: boolean): boolean {
  const url = URL.parse(text);
  if (url?.username !== "" || url.password !== "" || url.hash !== "") return false;
  if (url.protocol === "https:") return true;
  return url.protocol === "http:" && (allowInsecure || isLoopbackHost(url.hostname));
}

/** Whether a `host` means every address of this computer. */
export function isWildcardHost(host: string): boolean {
  const bare = withoutBrackets(host);
  return bare === "0.0.0.0" || bare === "::";
}

/** The address at which a listener on `host` is reached from this computer, without a path: `http://localhost:3000`. */
export function listenerUrl(listener: {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}): string {
  const { port, tls } = listener;
  const host = isWildcardHost(listener.host) ? "localhost" : listener.host;
  // The port of the scheme is left out: clients that normalise the URL would find another issuer otherwise.
  const suffix = port === (tls ? 443 : 80) ? "" : `:${port}`;
  return `${tls ? "https" : "http"}://${isIPv6(host) ? `[${host}]` : host}${suffix}`;
}

function withoutBrackets(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}
