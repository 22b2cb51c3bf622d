import { Resolver } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { setTimeout } from "node:timers/promises";
import ipaddr from "ipaddr.js";
import { quoted } from "../core/errors.ts";
import { isLoopbackHost } from "../core/hosts.ts";
import { bareHost, type OutboundProxy, proxyFor } from "./outbound-proxy.ts";
import { agentThrough, ProxyError } from "./proxy-tunnel.ts";

/**
 * Lets {@link safeFetch} connect to this computer and its private network. For tests alone: with it, whoever names a
 * URL reaches what only we should.
 */
export const allowPrivateAddresses: unique symbol = Symbol("allowPrivateAddresses");

/**
 * Lets {@link safeFetch} leave it to the proxy to look up a name that has no address here. Nobody checks then where a
 * stranger's URL leads: with it, strangers reach whatever https servers the proxy reaches.
 */
export const allowUnresolvedDocumentHosts: unique symbol = Symbol("allowUnresolvedDocumentHosts");

export type SafeFetchOptions = {
  /** The body is dropped, and the answer refused, as soon as it is larger. */
  readonly maxBytes: number;
  /** For everything together: name, connection, headers, body. 5 s unless said. */
  readonly timeoutMs?: number;
  /** The media types to ask for. Whatever it says, only JSON is taken. */
  readonly accept?: string;
  /** Name → addresses. The system's DNS servers unless said. */
  readonly resolve?: (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** Certificates to trust instead of the usual ones, PEM. */
  readonly ca?: string;
  /** Where it goes through, unless the URL is exempt. */
  readonly proxy?: OutboundProxy | undefined;
  readonly [allowUnresolvedDocumentHosts]?: boolean;
  readonly [allowPrivateAddresses]?: boolean;
};

export type SafeResponse = { readonly text: string; readonly headers: Headers };

/**
 * Why there is no answer. `refused`: we do not go there. `gone`: the origin says that there is nothing.
 * `unusable`: something else than the JSON we asked for. `unreachable`: no answer, or an outage.
 */
export type SafeFetchFailure = "refused" | "gone" | "unusable" | "unreachable";

export class SafeFetchError extends Error {
  override readonly name = "SafeFetchError";
  readonly kind: SafeFetchFailure;

  constructor(kind: SafeFetchFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * Fetches JSON from a URL that a stranger named. https only; every address that the name resolves to must be public,
 * and the connection goes to those addresses and no other, through a proxy too, so that a second answer of the DNS
 * changes nothing; redirects are not followed, and time and size are bounded.
 * @throws SafeFetchError and nothing else. Whatever cannot be checked is refused.
 */
export async function safeFetch(url: string, options: SafeFetchOptions): Promise<SafeResponse> {
  const target = checkUrl(url);
  const signal = AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  try {
    const addresses = await checkedAddresses(target, options, signal).catch(
      afterLeastTime(performance.now()),
    );
    return await get(target, addresses, options, signal);
  } catch (error) {
    if (error instanceof SafeFetchError) throw error;
    if (error instanceof ProxyError) throw new SafeFetchError("unreachable", error.message, { cause: error });
    const why = signal.aborted ? "it took too long" : `there was no answer (${codeOf(error)})`;
    throw new SafeFetchError("unreachable", why, { cause: error });
  }
}

/** Whether this is an address of the public internet, whatever notation it has. False for what is no address. */
export function isPublicAddress(text: string): boolean {
  // Stricter than ipaddr.js, which takes short and octal notations that others may read differently.
  if (isIP(text) === 0) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== "unicast") return false;
  // Beside the ranges that have names, IPv6 has unassigned ones, some of which lead to IPv4 addresses on the way
  // (::/96, 64:ff9b:1::/48). Only 2000::/3 is global unicast (RFC 4291 §2.4).
  if (address instanceof ipaddr.IPv6) return address.match(GLOBAL_UNICAST, 3);
  return !HOST_ADDRESSES.has(address.toString());
}

/** Addresses of the public ranges that lead to the host of a virtual machine (Azure's WireServer). */
const HOST_ADDRESSES: ReadonlySet<string> = new Set(["168.63.129.16"]);

const DEFAULT_TIMEOUT_MS = 5000;
/** As long as most name servers take at the most. */
const LEAST_REFUSAL_MS = 200;
const GLOBAL_UNICAST = ipaddr.IPv6.parse("2000::");
const JSON_TYPE = /^application\/([a-z0-9.-]+\+)?json\s*(;|$)/i;

function checkUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== "https:") throw new SafeFetchError("refused", "it is not an https URL");
  if (url.username !== "" || url.password !== "") {
    throw new SafeFetchError("refused", "the URL has a user name or password");
  }
  return url;
}

/** All or nothing: one private address among public ones is how a rebinding attack looks. */
async function checkedAddresses(
  target: URL,
  options: SafeFetchOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const { resolve = resolveName } = options;
  const byName = mayGoByName(target, options);
  const lookUp = () => (byName ? lookUpBriefly(host, resolve, signal) : resolve(host, signal));
  const addresses = isIP(host) !== 0 ? [host] : await lookUp();
  if (addresses.length === 0) {
    if (byName) return [host];
    throw new SafeFetchError("unreachable", "the name has no address");
  }
  if (!options[allowPrivateAddresses]) {
    const hidden = addresses.find((address) => !isPublicAddress(address));
    if (hidden !== undefined) {
      throw new SafeFetchError("refused", `${host} leads to ${hidden}, which is not a public address`);
    }
  }
  return addresses;
}

/** A name that leads inside is refused as late as one that leads nowhere: how long it took would tell them apart. */
function afterLeastTime(begunAt: number): (error: unknown) => Promise<never> {
  return async (error) => {
    await setTimeout(Math.max(0, begunAt + LEAST_REFUSAL_MS - performance.now()));
    throw error;
  };
}

/** Whether a name without an address is left to the proxy: not one that leads to the proxy itself, or to its own network. */
function mayGoByName(target: URL, options: SafeFetchOptions): boolean {
  if (!options[allowUnresolvedDocumentHosts] || !proxyFor(options.proxy, target)) return false;
  const host = bareHost(target);
  return host.includes(".") && !isLoopbackHost(host);
}

/** A host without direct internet often has name servers that never answer. The proxy needs the rest of the time. */
const LOOK_UP_MS = 1500;

async function lookUpBriefly(
  host: string,
  resolve: typeof resolveName,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return resolve(host, AbortSignal.any([signal, AbortSignal.timeout(LOOK_UP_MS)])).catch(() => []);
}

/** Not `dns.lookup`: it waits in the thread pool, where a stranger's slow name server would hold up everybody. */
export async function resolveName(hostname: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

async function get(
  target: URL,
  addresses: readonly string[],
  options: SafeFetchOptions,
  signal: AbortSignal,
): Promise<SafeResponse> {
  // Loaded at the first use: most servers start, and many run, without ever fetching anything.
  const { Agent, request } = await import("undici");
  const { ca } = options;
  const proxy = proxyFor(options.proxy, target);
  const agent = proxy
    ? await agentThrough(proxy, { hosts: addresses, signal, ca })
    : new Agent({
        allowH2: false,
        connect: { lookup: pinTo(addresses), ...(ca === undefined ? {} : { ca }) },
      });
  try {
    const response = await request(target, {
      dispatcher: agent,
      signal,
      headers: {
        accept: options.accept ?? "application/json",
        "accept-encoding": "identity",
        "user-agent": "mcp-gatehouse",
      },
    });
    const headers = new Headers();
    for (const [name, value] of Object.entries(response.headers)) {
      if (value !== undefined) headers.set(name, String(value));
    }
    checkHead(response.statusCode, headers, options.maxBytes);
    return { text: await readCapped(response.body, options.maxBytes), headers };
  } finally {
    agent.destroy().catch(() => {});
  }
}

/** The connection asks for the address again; it gets what was checked. */
function pinTo(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  return (_hostname, { all }, callback) => {
    const [first] = entries;
    if (all) callback(null, entries);
    else callback(null, first?.address ?? "", first?.family);
  };
}

function checkHead(status: number, headers: Headers, maxBytes: number): void {
  if (status === 404 || status === 410) throw new SafeFetchError("gone", `it answered ${status}`);
  if (status >= 300 && status < 400) {
    throw new SafeFetchError("unusable", `it answered ${status}; redirects are not followed`);
  }
  if (status !== 200) throw new SafeFetchError("unreachable", `it answered ${status}`);
  const type = headers.get("content-type") ?? "";
  if (!JSON_TYPE.test(type)) {
    throw new SafeFetchError("unusable", `its content type is ${quoted(type)}, not JSON`);
  }
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw new SafeFetchError("unusable", "it is compressed, although no compression was requested");
  }
  if (Number(headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

async function readCapped(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function tooLarge(maxBytes: number): SafeFetchError {
  return new SafeFetchError("unusable", `it is larger than ${maxBytes} bytes`);
}

function codeOf(error: unknown): string {
  return error instanceof Error ? String((error as NodeJS.ErrnoException).code ?? error.name) : "unknown";
}
