import { isIPv4 } from "node:net";

/**
 * Whether a host, as it stands in a URL or in the `host` option, leads to this computer only (RFC 6761 §6.3). A name may
 * end with the dot of its absolute form, and an IPv4 address may be written as an IPv6 one.
 */
export function isLoopbackHost(host: string): boolean {
  const bare = withoutBrackets(host.toLowerCase()).replace(/\.$/, "");
  if (bare === "localhost" || bare.endsWith(".localhost")) return true;
  return isIPv4(bare) ? bare.startsWith("127.") : bare === "::1" || /^::ffff:7f[0-9a-f]{2}:/.test(bare);
}

/** Whether a `host` means every address of this computer. One who connects to it reaches this computer. */
export function isWildcardHost(host: string): boolean {
  return WILDCARDS.has(withoutBrackets(host));
}

export function withoutBrackets(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::", "::ffff:0:0"]);
