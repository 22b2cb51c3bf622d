import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { ConfigurationError } from "../core/errors.ts";
import { type Connections, watchConnections } from "./connections.ts";
import { type Log, silentLog } from "./logging.ts";
import { textSender } from "./text-sender.ts";

export type Fetch = (
  request: Request,
  connection: { readonly address: string | undefined },
) => Response | Promise<Response>;

export type ListenOptions = {
  readonly fetch: Fetch;
  /** "localhost" means both loopback addresses: clients differ in which one they try. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Told what goes wrong later, such as too many open files. The server goes on. */
  readonly log?: Log;
};

export type Listener = {
  readonly port: number;
  /** Stops accepting, lets requests under way finish, and forces the rest after {@link DRAIN_MS}. */
  close(): Promise<void>;
};

/** With a second to spare of the five in which a process should be gone. */
const DRAIN_MS = 4000;
/** Longer than what load balancers keep idle connections for, so that it is they who close them. */
const KEEP_ALIVE_MS = 65_000;
/** A sealed request travels in a URL. */
const MAXIMUM_HEADER_BYTES = 32 * 1024;

/** @throws ConfigurationError where the port is taken or not allowed, or the certificate is not usable. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const draining = new AbortController();
  const handle = requestHandler(options.fetch, draining.signal);
  const bound =
    options.host === "localhost"
      ? await bindLocalhost(options, handle)
      : ([await bind(options, handle, options.host, options.port)] as const);
  const port = portOf(bound[0]);
  return {
    port,
    async close() {
      draining.abort();
      await Promise.all(bound.map(drain));
    },
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

function requestHandler(fetch: Fetch, draining: AbortSignal): Handler {
  const sendText = textSender();
  const handle = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const response = await fetch(request, { address: plainAddress(incoming.socket.remoteAddress) });
      return sendText(response, outgoing as ServerResponse) ? RESPONSE_ALREADY_SENT : response;
    },
    // The global Request and Response stay what they are: this runs inside of other people's programs.
    { overrideGlobalObjects: false },
  );
  return (request, response) => {
    // The client must not send another request on a connection that is about to end.
    if (draining.aborted) response.setHeader("Connection", "close");
    void handle(request, response);
  };
}

/** A listener on "::" sees IPv4 peers as `::ffff:192.0.2.1`: the same peer must have one address in logs and limits. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}

type Bound = { readonly server: Server; readonly connections: Connections };

async function bind(
  { tls, log = silentLog }: ListenOptions,
  handle: Handler,
  host: string,
  port: number,
): Promise<Bound> {
  const server = makeServer(tls, handle);
  const connections = watchConnections(server, tls !== undefined);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(bindProblem(error, host, port)));
    server.listen({ host, port }, resolve);
  });
  server.on("error", (cause) => log.error("a connection could not be accepted", { cause }));
  return { server, connections };
}

async function bindLocalhost(options: ListenOptions, handle: Handler): Promise<[Bound, ...Bound[]]> {
  const first = await bind(options, handle, "127.0.0.1", options.port);
  try {
    return [first, await bind(options, handle, "::1", portOf(first))];
  } catch (error) {
    const { code } = (error as Error).cause as NodeJS.ErrnoException;
    // Where IPv6 is switched off there is no ::1, and nobody misses it.
    if (code !== "EADDRINUSE") return [first];
    // Half of localhost is another program's: clients would reach the one or the other.
    await drain(first);
    if (options.port === 0) return bindLocalhost(options, handle);
    throw error;
  }
}

function portOf({ server }: Bound): number {
  return (server.address() as AddressInfo).port;
}

function makeServer(tls: ListenOptions["tls"], handle: Handler): Server {
  const settings = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 30_000,
    requestTimeout: 60_000,
    maxHeaderSize: MAXIMUM_HEADER_BYTES,
  };
  if (!tls) return createServer(settings, handle);
  try {
    return createTlsServer({ ...settings, ...tls }, handle);
  } catch (cause) {
    throw new ConfigurationError(
      `The TLS certificate and key cannot be used (${(cause as Error).message}). They must be PEM, and the key must match the certificate.`,
    );
  }
}

function bindProblem(cause: NodeJS.ErrnoException, host: string, port: number): ConfigurationError {
  const sentence: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is already in use. Stop the other program, or choose another port.`,
    EACCES: `Port ${port} cannot be opened by this user. Choose one above 1023.`,
    EADDRNOTAVAIL: `The host ${host} is not an address of this machine.`,
    ENOTFOUND: `The host ${host} cannot be found.`,
  };
  const problem = new ConfigurationError(
    sentence[cause.code ?? ""] ?? `Port ${port} on ${host} cannot be opened (${cause.code}).`,
  );
  problem.cause = cause;
  return problem;
}

async function drain({ server, connections }: Bound): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.endIdle();
  const force = setTimeout(() => connections.closeAll(), DRAIN_MS);
  await closed;
  clearTimeout(force);
}
