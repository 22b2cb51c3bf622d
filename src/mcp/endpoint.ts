import { AsyncLocalStorage } from "node:async_hooks";
import type { Auth } from "../core/auth.ts";
import type { Upstreams } from "../core/upstream.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import { noTracing, type Tracing } from "../platform/telemetry/tracing.ts";
import { type AdmissionLog, admissionLog } from "../resource-server/admission-log.ts";
import type { Guard } from "../resource-server/guard.ts";
import { type Admit, createAdmission } from "./admission.ts";
import { answer } from "./answer.ts";
import { callsOf } from "./calls.ts";
import type { Answer, CurrentMessage, Exchange } from "./exchange.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { jsonRpcError, readMessage } from "./json-rpc.ts";
import { KEEP_ALIVE, type KeepAlive } from "./keep-alive.ts";
import { createModern } from "./modern.ts";
import { createRecheck } from "./recheck.ts";
import type { Registrations } from "./registrations.ts";
import { createScopedCalls } from "./scoped-calls.ts";
import { type McpFactory, type McpIdentity, serverMaker } from "./servers.ts";
import { createMcpSessions } from "./sessions.ts";
import { serveStateless } from "./stateless.ts";
import { createStreams, type Streams } from "./streams.ts";

export type McpEndpointOptions = {
  readonly identity: McpIdentity;
  /** What was registered, or what makes a server of the SDK for each request. */
  readonly registrations: Registrations | McpFactory;
  readonly guard: Guard;
  readonly resource: string;
  /** What every request needs. */
  readonly requiredScopes: readonly string[];
  /** Whether clients of 2025 get sessions. */
  readonly sessions: boolean;
  /** Whether the log says who was let in, and for what. */
  readonly debug: boolean;
  /** What tools reach of the people who call them; undefined where there are no people. */
  readonly upstreams?: Upstreams | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Begins the span of a message. */
  readonly traced?: Tracing["message"];
  readonly keepAlive?: KeepAlive;
};

export type McpEndpoint = {
  /** Answers one request to the MCP URL. Everything that is refused is answered, nothing is thrown. */
  fetch(request: Request): Promise<Response>;
  /** Tells the clients that subscribed to this resource that it changed. */
  resourceUpdated(uri: string): void;
  /** Closes the streams and sessions of a grant that was revoked. */
  grantRevoked(grantId: string): void;
  /** Closes the streams and sessions of a person who changed: they may have been signed out, disabled, or made one with another. */
  personChanged(personId: string): void;
  /** Closes every stream: any grant may have been revoked, any person disabled. */
  revocationLeaseLapsed(): void;
  /** How many streams are open now. */
  openStreams(): number;
  openSessions(): number;
  /** Lets the calls that are running finish (three seconds at most), and then closes every stream and session. */
  close(): Promise<void>;
};

/** The process has five seconds to exit after SIGTERM. */
const DRAIN_MILLISECONDS = 3000;

/** The MCP server behind the guard: both protocol eras on one URL. */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { guard, resource, requiredScopes, upstreams, clock, log } = options;
  const { traced = noTracing.message, keepAlive = KEEP_ALIVE } = options;
  const registrations = typeof options.registrations === "function" ? undefined : options.registrations;
  const current = new AsyncLocalStorage<CurrentMessage>();
  const calls = createScopedCalls(guard, () => current.getStore()?.auth, log, upstreams);
  const makeServer = serverMaker(options.registrations, options.identity, calls, log, upstreams);
  const currentlyReached = () => current.getStore()?.reached;
  const modern = createModern({ makeServer, currentlyReached, keepAlive, log });
  const sessions = options.sessions ? createMcpSessions(makeServer, clock, log) : undefined;
  const stateless = (exchange: Exchange) => serveStateless(exchange, makeServer, log);
  const transports = { modern, sessions, stateless };
  const streams = createStreams(clock);
  const inFlight = createInFlight();
  const steps: Steps = {
    inFlight,
    admit: createAdmission({ guard, resource, requiredScopes, registrations }),
    logAdmission: admissionLog(log, options.debug),
    answer: (exchange) => answer({ transports, current, traced, registrations }, exchange),
    streams,
    outdated: { has: guard.isOutdated, close: (auth) => closeOutdated(auth) },
    log,
  };
  const closeWhere = (condition: (auth: Auth) => boolean) => {
    streams.closeWhere(condition);
    sessions?.closeWhere(condition);
  };
  const recheck = createRecheck({ guard, resource, streams });
  const grantRevoked = (revoked: string) => closeWhere(({ grantId }) => grantId === revoked);
  const closeOutdated = ({ grantId }: Auth) => (grantId === null ? recheck() : grantRevoked(grantId));
  registrations?.onRegistered((registration) => {
    modern.announce(registration);
    sessions?.register(registration, calls);
  });
  return {
    fetch: (request) => respond(steps, request),
    resourceUpdated(uri) {
      modern.resourceUpdated(uri);
      const needed = registrations?.resource(uri)?.scopes ?? [];
      sessions?.resourceUpdated(uri, (auth) => guard.hasScopes(auth, needed));
    },
    grantRevoked,
    personChanged(personId) {
      closeWhere(({ person }) => person.id === personId);
      recheck();
    },
    revocationLeaseLapsed: streams.closeAll,
    openStreams: streams.count,
    openSessions: () => sessions?.count() ?? 0,
    async close() {
      await inFlight.drain(DRAIN_MILLISECONDS);
      await modern.close();
      sessions?.closeAll();
      streams.closeAll();
    },
  };
}

/** What a request goes through, in this order. */
type Steps = {
  readonly inFlight: InFlight;
  readonly admit: Admit;
  readonly logAdmission: AdmissionLog | undefined;
  readonly answer: (exchange: Exchange) => Promise<Answer>;
  readonly streams: Streams;
  /** What may have ended while its request was answered. */
  readonly outdated: { has(auth: Auth): boolean; close(auth: Auth): void };
  readonly log: Log;
};

async function respond(steps: Steps, request: Request): Promise<Response> {
  // From its head on: its body may be under way when the server begins to close.
  const finished = steps.inFlight.begin();
  if (!finished) return shuttingDown();
  try {
    const exchange = await steps.admit(request);
    if ("auth" in exchange && !steps.inFlight.isDrained()) {
      return await respondTo(exchange, steps, finished);
    }
    finished();
    return "auth" in exchange ? shuttingDown() : exchange;
  } catch (cause) {
    finished();
    steps.log.error("the MCP endpoint failed", { cause });
    return jsonRpcError(500, -32603, "Internal server error");
  }
}

/** @param finished called once a shutdown need not wait for this request any more */
async function respondTo(exchange: Exchange, steps: Steps, finished: () => void): Promise<Response> {
  if (steps.logAdmission) for (const call of callsOf(exchange)) steps.logAdmission(exchange.auth, call);
  // A shutdown waits neither for a subscription nor for the stream of a session (a GET): both last until they are closed.
  if (readMessage(exchange.body).method === "subscriptions/listen") finished();
  const { response, done } = await steps.answer(exchange);
  if (exchange.body === undefined) finished();
  const bothDone = () => {
    done();
    finished();
  };
  const bound = steps.streams.bind({ response, done: bothDone }, exchange.auth);
  // The stream that comes of it must not outlive it.
  if (steps.outdated.has(exchange.auth)) steps.outdated.close(exchange.auth);
  return bound;
}

function shuttingDown(): Response {
  return jsonRpcError(503, -32000, "The server is shutting down.", { "Retry-After": "5" });
}
