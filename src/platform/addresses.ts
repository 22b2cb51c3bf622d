import { isIP, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import { isLoopbackHost, isWildcardHost } from "../core/hosts.ts";

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

/** One household or machine: an IPv4 address, or the /64 of an IPv6 one, whose owner can pick any of 2^64. */
export function networkOf(
  address: string | undefined,
  ipv6Bits: 64 | 56 | 48 = 64,
  ipv4Bits: 32 | 24 = 32,
): string {
  if (address === undefined) return "unknown";
  const parsed = parseAddress(address);
  if (!parsed) return address;
  if (parsed instanceof ipaddr.IPv4) {
    return ipv4Bits === 32 ? parsed.toString() : `${parsed.octets.slice(0, 3).join(".")}.0/24`;
  }
  const groups = parsed.parts.slice(0, Math.ceil(ipv6Bits / 16));
  const prefix = groups.map((group, index) => (ipv6Bits === 56 && index === 3 ? group & 0xff00 : group));
  return `${prefix.map((group) => group.toString(16)).join(":")}::/${ipv6Bits}`;
}

/** Whether an address is one that a proxy, a container or a neighbour has, and not a stranger on the internet. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE_RANGES.has(parseAddress(address)?.range() ?? "");
}

/**
 * Whom a limit on strangers counts an address for: an IPv4 address, or the /48 that one can rent for little. Undefined
 * where it may be everybody's: behind a private address there may be a proxy.
 */
export function strangersNetwork(address: string | undefined): string | undefined {
  return address === undefined || isPrivateAddress(address) ? undefined : networkOf(address, 48);
}

/** This computer; RFC 1918; RFC 4193; link-local; RFC 6598. */
const PRIVATE_RANGES: ReadonlySet<string> = new Set([
  "loopback",
  "private",
  "uniqueLocal",
  "linkLocal",
  "carrierGradeNat",
]);

/** As a connection or `X-Forwarded-For` gives it: with a zone, in brackets, with a port. Undefined for anything else. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const bare = withoutPort(text).replace(/%.*$/, "");
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare);
}

/** Some proxies append the port to X-Forwarded-For: every connection would be a network of its own. */
function withoutPort(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d+)?$/.exec(address) ?? [];
  return bracketed ?? plain ?? address;
}
