import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, isIPv6, type Socket } from "node:net";
import type { Agent } from "undici";
import { type FetchJson, fetchJson, fetchJsonBy, type PlainFetch } from "./fetch-json.ts";
import { type OutboundProxy, proxyFor, shownProxy } from "./outbound-proxy.ts";

/** The proxy did not let a connection through. The message is for the operator's log. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
}

export type TunnelOptions = {
  /** Where the tunnel ends, in order of preference: the addresses that were checked. Unless said, the URL's own host. */
  readonly hosts?: readonly string[];
  /** Unless said, a tunnel may take five seconds. */
  readonly signal?: AbortSignal;
  /** Certificates to trust instead of the usual ones, PEM. */
  readonly ca?: string | undefined;
};

/**
 * Connects through a proxy: CONNECT (RFC 9110 §9.3.6), and TLS to the URL's host inside of the tunnel. The certificate is
 * that host's, wherever the tunnel ends, so the proxy sees no more than where it goes.
 */
export async function agentThrough(proxy: OutboundProxy, options: TunnelOptions): Promise<Agent> {
  const { Agent, buildConnector } = await import("undici");
  const { hosts, signal, ca } = options;
  const secure = buildConnector({ allowH2: false, ...(ca === undefined ? {} : { ca }) });
  return new Agent({
    allowH2: false,
    connect(target, callback) {
      openTunnel(proxy, hosts ?? [target.hostname], Number(target.port || 443), {
        signal: signal ?? AbortSignal.timeout(TIMEOUT_MS),
        ca,
      })
        .then((httpSocket) => secure({ ...target, httpSocket }, callback))
        .catch((error: Error) => callback(error, null));
    },
  });
}

/** {@link fetchJson}, through the proxy where the URL goes by it. */
export function fetchJsonThrough(proxy: OutboundProxy | undefined, ca?: string): FetchJson {
  return proxy ? fetchJsonBy(fetchThrough(proxy, ca)) : fetchJson;
}

/** `fetch`, through the proxy where the URL goes by it. */
export function fetchThrough(proxy: OutboundProxy | undefined, ca?: string): PlainFetch {
  if (!proxy) return (url, init) => fetch(url, init);
  let agent: Promise<Agent> | undefined;
  return async (url, init) => {
    if (!proxyFor(proxy, new URL(url))) return fetch(url, init);
    // Its own `fetch`: the one of Node takes agents of the undici in Node alone.
    const undici = await import("undici");
    agent ??= agentThrough(proxy, { ca });
    return undici.fetch(url, { ...init, dispatcher: await agent });
  };
}

const TIMEOUT_MS = 5000;
/** A name may have any number of addresses, and a proxy is slow to say that it cannot reach one. */
const MOST_TRIED = 4;

async function openTunnel(
  proxy: OutboundProxy,
  hosts: readonly string[],
  port: number,
  options: TunnelEnd,
): Promise<Socket> {
  const failures: unknown[] = [];
  for (const host of hosts.slice(0, MOST_TRIED)) {
    try {
      return await connectTo(`${isIPv6(host) ? `[${host}]` : host}:${port}`, proxy, options);
    } catch (error) {
      failures.push(error);
    }
  }
  throw failures[0];
}

type TunnelEnd = { readonly signal: AbortSignal; readonly ca: string | undefined };

function connectTo(authority: string, proxy: OutboundProxy, { signal, ca }: TunnelEnd): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const { isTls, host, port, authorization } = proxy;
  const asking = (isTls ? httpsRequest : httpRequest)({
    method: "CONNECT",
    path: authority,
    host,
    port,
    agent: false,
    signal,
    headers: {
      host: authority,
      ...(authorization === undefined ? {} : { "proxy-authorization": authorization }),
    },
    // Else taken from the Host header, which names the other end.
    ...(isTls ? { servername: isIP(host) === 0 ? host : "", ...(ca === undefined ? {} : { ca }) } : {}),
  });
  asking.once("connect", ({ statusCode = 0 }, socket) => {
    if (statusCode >= 200 && statusCode < 300) return resolve(socket);
    socket.on("error", () => {}).destroy();
    reject(new ProxyError(`the proxy ${shownProxy(proxy)} answered ${statusCode} to CONNECT ${authority}`));
  });
  asking.once("error", (cause: NodeJS.ErrnoException) => {
    const why = signal.aborted ? "did not answer in time" : `cannot be reached (${cause.code ?? cause.name})`;
    reject(new ProxyError(`the proxy ${shownProxy(proxy)} ${why}`, { cause }));
  });
  asking.end();
  return promise;
}
