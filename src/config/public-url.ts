import { isLoopbackHost, isWildcardHost } from "../core/hosts.ts";
import { listenerUrl } from "../platform/addresses.ts";

/** The URLs of a server, all made from one of them. */
export type ServerUrls = {
  readonly issuer: string;
  readonly resource: string;
  readonly basePath: string;
};

/** The issuer stays byte for byte what it is (RFC 8414 §3.3 compares strings); the resource is made below it. */
export function serverUrls(issuer: string, path: string): ServerUrls {
  const base = issuer.endsWith("/") ? issuer.slice(0, -1) : issuer;
  return { issuer, resource: `${base}${path}`, basePath: pathOf(base) };
}

/** The issuer of a server that nobody gave a public URL. */
export function defaultIssuer(listener: {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}): string {
  return listenerUrl(listener);
}

/** What is wrong with having no public URL: clients on the network would be told an `http://` one. */
export function defaultIssuerProblem(host: string, tls: boolean, allowInsecure: boolean): string | undefined {
  if (tls || allowInsecure || isLoopbackHost(host) || isWildcardHost(host)) return undefined;
  return `the https:// URL that clients use for ${host}, ${WHY_NOT_INSECURE}`;
}

/**
 * What is wrong with a public URL, as the end of "it must be …"; undefined where nothing is.
 * @param path the MCP path, which people put at its end by mistake.
 */
export function publicUrlProblem(
  publicUrl: string,
  path: string,
  allowInsecure: boolean,
): string | undefined {
  const url = URL.parse(publicUrl);
  if (!url || !/^https?:\/\/[^/?#\\\s]+(\/\S*)?$/i.test(publicUrl) || publicUrl.includes("\\")) {
    return 'an absolute https:// URL without a query or fragment, such as "https://mcp.example.com"';
  }
  if (url.username !== "" || url.password !== "" || /^[^/]*\/\/[^/]*@/.test(publicUrl)) {
    return "a URL without a user name or password";
  }
  if (/[?#]/.test(publicUrl)) return "a URL without a query or fragment";
  if (isWildcardHost(url.hostname)) {
    return "the address that clients connect to, and not the one that the server listens on";
  }
  const written = pathOf(publicUrl);
  // Requests arrive with the normal form of the path; a base path of another form would match none of them.
  if ((written === "" ? "/" : written) !== url.pathname || written.includes("//")) {
    return "a URL whose path is in its normal form: no dot segments, no doubled slashes";
  }
  if (written.endsWith(path) || written.endsWith(`${path}/`)) {
    return `the URL without ${path} at its end, which the option path adds`;
  }
  if (url.protocol === "http:" && !allowInsecure && !isLoopbackHost(url.hostname)) {
    return `https://, ${WHY_NOT_INSECURE}`;
  }
  return undefined;
}

const WHY_NOT_INSECURE =
  "because tokens and passwords would cross the network readable. Put a proxy with TLS in front, " +
  "use the options for TLS, or, in a network that only you use, set [allowInsecurePublicUrl] " +
  "(a symbol of mcp-gatehouse; GATEHOUSE_ALLOW_INSECURE_PUBLIC_URL) to true";

/** The path as it is written, not as a parser would have it. */
function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]*/i, "");
}
