import { isIPv6 } from "node:net";
import { ConfigurationError } from "../core/errors.ts";
import { isLoopbackHost } from "../core/hosts.ts";

/** The proxy by which this host reaches https URLs on the internet. */
export type OutboundProxy = {
  readonly isTls: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** `Proxy-Authorization`. For the proxy alone: show a proxy with {@link shownProxy}. */
  readonly authorization: string | undefined;
  readonly bypassed: readonly Bypass[];
};

/** An entry of `NO_PROXY`: a host, or a suffix that begins with a dot, and a port if only that one is meant. */
type Bypass = { readonly host: string; readonly port: string | undefined };

/**
 * What `HTTPS_PROXY` and `NO_PROXY` say, in lower case or upper case. Lower case wins, as for curl; an empty variable counts
 * as none.
 * @throws ConfigurationError where it is no URL of a proxy. The URL may hold a password, so the sentence never has it.
 */
export function readProxy(
  environment: Readonly<Record<string, string | undefined>>,
): OutboundProxy | undefined {
  const said = firstOf(environment, ["https_proxy", "HTTPS_PROXY"]);
  if (!said) return undefined;
  const url = URL.parse(said.value.includes("://") ? said.value : `http://${said.value}`);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    throw notUsable(said.variable);
  }
  const isTls = url.protocol === "https:";
  return {
    isTls,
    host: bareHost(url),
    port: Number(url.port || (isTls ? 443 : 80)),
    authorization: authorizationOf(url, said.variable),
    bypassed: (firstOf(environment, ["no_proxy", "NO_PROXY"])?.value ?? "")
      .split(/[\s,]+/)
      .filter((entry) => entry !== "")
      .map(readBypass),
  };
}

/** The proxy where this URL is fetched by it. Only https is, and never what is on this computer. */
export function proxyFor(proxy: OutboundProxy | undefined, url: URL): OutboundProxy | undefined {
  if (!proxy || url.protocol !== "https:") return undefined;
  const host = bareHost(url);
  if (isLoopbackHost(host)) return undefined;
  return proxy.bypassed.some((entry) => isMeant(entry, host, url.port || "443")) ? undefined : proxy;
}

/** A proxy as logs may have it. */
export function shownProxy({ isTls, host, port }: OutboundProxy): string {
  return `${isTls ? "https" : "http"}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** A URL's host as certificates and DNS have it: without brackets, and without the dot of the root. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function firstOf(
  environment: Readonly<Record<string, string | undefined>>,
  variables: readonly string[],
): { readonly variable: string; readonly value: string } | undefined {
  return variables
    .map((variable) => ({ variable, value: environment[variable]?.trim() ?? "" }))
    .find(({ value }) => value !== "");
}

function notUsable(variable: string): ConfigurationError {
  return new ConfigurationError(
    `${variable} is not usable; it must be the http:// or https:// URL of a proxy, such as http://proxy.example.com:3128.`,
  );
}

function authorizationOf({ username, password }: URL, variable: string): string | undefined {
  if (username === "" && password === "") return undefined;
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString("base64")}`;
  } catch {
    throw notUsable(variable);
  }
}

function readBypass(text: string): Bypass {
  const entry = text.toLowerCase();
  if (isIPv6(entry)) return { host: entry, port: undefined };
  const [, host = "", port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  return { host: host.replace(/^\[|\]$/g, "").replace(/^\*(?=\.)/, ""), port };
}

function isMeant({ host: meant, port: meantPort }: Bypass, host: string, port: string): boolean {
  if (meantPort !== undefined && meantPort !== port) return false;
  if (meant === "*") return true;
  return meant.startsWith(".") ? host.endsWith(meant) : host === meant;
}
