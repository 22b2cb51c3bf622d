import { AsyncLocalStorage } from "node:async_hooks";
import {
  createMcpHandler,
  isInitializeRequest,
  isJsonContentType,
  type McpHttpHandler,
} from "@modelcontextprotocol/server";
import type { Settings } from "../config/settings.ts";
import type { Auth } from "../core/auth.ts";
import { union } from "../core/scopes.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import { noTracing, type Tracing } from "../platform/telemetry/tracing.ts";
import { admissionLog } from "../resource-server/admission-log.ts";
import { authInfoFor } from "../resource-server/auth-info.ts";
import type { Guard } from "../resource-server/guard.ts";
import { type Accepted, acceptedBy, acceptingBoth, inAcceptedForm } from "./accepted.ts";
import { readJson } from "./body.ts";
import { buffered } from "./buffered-response.ts";
import { callsOf } from "./calls.ts";
import { isLegacyPost } from "./era.ts";
import { createInFlight } from "./in-flight.ts";
import { jsonRpcError } from "./json-rpc.ts";
import { KEEP_ALIVE, type KeepAlive, keptAlive } from "./keep-alive.ts";
import type { Registration } from "./registration.ts";
import type { Registrations } from "./registrations.ts";
import { createScopedCalls } from "./scoped-calls.ts";
import { type MakeServer, type McpFactory, type McpIdentity, serverMaker } from "./servers.ts";
import { type Answer, createSessions, type Exchange } from "./sessions.ts";
import { serveStateless } from "./stateless.ts";
import { neededScopes } from "./step-up.ts";
import { createStreams } from "./streams.ts";
import { failureOf, readTracedMessage } from "./traced-message.ts";

export type McpEndpointOptions = {
  readonly identity: McpIdentity;
  /** What was registered, or what makes a server of the SDK for each request. */
  readonly registrations: Registrations | McpFactory;
  readonly guard: Guard;
  readonly settings: Pick<Settings, "resource" | "catalogue" | "sessions" | "debug">;
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
  /** Ends the streams and sessions of a grant that was revoked. */
  grantRevoked(grantId: string): void;
  /** Ends the streams of every grant: any of them may have been revoked. */
  revocationLeaseLapsed(): void;
  /** How many streams are open now. */
  openStreams(): number;
  openSessions(): number;
  /** Lets the calls that are running finish (three seconds at most), and then ends every stream and session. */
  close(): Promise<void>;
};

/** The MCP server behind the guard: both protocol eras on one URL. */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { guard, settings, clock, log, traced = noTracing.message, keepAlive = KEEP_ALIVE } = options;
  const toAuthInfo = authInfoFor(settings.resource);
  const logAdmission = admissionLog(log, settings.debug);
  const registrations = typeof options.registrations === "function" ? undefined : options.registrations;
  /** Who sent the message that is served, for callbacks that the SDK passes no context. */
  const currentAuth = new AsyncLocalStorage<Auth>();
  const calls = createScopedCalls(guard, () => currentAuth.getStore(), log);
  const makeServer = loggingFailures(serverMaker(options.registrations, options.identity, calls), log);
  const streams = createStreams(clock);
  const sessions = settings.sessions ? createSessions(makeServer, clock, log) : undefined;
  const running = createInFlight();
  /** The body that was read, for the server that the SDK asks us to make for this request. */
  const bodies = new WeakMap<Request, unknown>();
  const modern = createMcpHandler(
    (context) =>
      makeServer(context, {
        kind: "request",
        body: context.requestInfo && bodies.get(context.requestInfo),
      }),
    // Clients of the earlier revisions are served here, with sessions or without.
    { legacy: "reject", onerror: (error) => log.debug("the SDK reports", { reason: error.message }) },
  );
  registrations?.onRegistered((registration) => announce(registration, modern));
  if (sessions) registrations?.onRegistered((registration) => sessions.register(registration, calls));

  const serveModern = async ({ request, authInfo, body }: Exchange, accepted: Accepted): Promise<Answer> => {
    if (body !== undefined) bodies.set(request, body);
    const answered = modern.fetch(request, { authInfo, ...(body !== undefined && { parsedBody: body }) });
    const response = await (accepted.events ? keptAlive(answered, keepAlive) : answered);
    return { response, done() {} };
  };

  const serveLegacy = (exchange: Exchange): Promise<Answer> => {
    if (sessions && isInitializeRequest(exchange.body)) return sessions.open(exchange);
    const id = exchange.request.headers.get("mcp-session-id");
    if (sessions && id !== null) return sessions.serve(id, exchange);
    return serveStateless(exchange, makeServer, log);
  };

  /** GET and DELETE belong to sessions; the SDK answers 405 where there are none. */
  const serveWithoutBody = (exchange: Exchange, accepted: Accepted): Promise<Answer> => {
    const id = exchange.request.headers.get("mcp-session-id");
    return sessions && id !== null
      ? sessions.serve(id, { ...exchange, request: acceptingBoth(exchange.request) })
      : serveModern(exchange, accepted);
  };

  /** A grant may end while its request is answered: the stream that comes of it must not outlive it. */
  const bind = (response: Response, auth: Auth, onEnd: () => void): Response => {
    const bound = streams.bind(response, auth, onEnd);
    if (auth.grantId !== null && guard.isRevoked(auth)) streams.closeGrant(auth.grantId);
    return bound;
  };

  /** What every request needs, and what this one does, in one challenge: whoever steps up does so once. */
  const refuseLesser = (auth: Auth, needed: readonly string[] = []): Response | undefined => {
    const { required } = settings.catalogue;
    return guard.requireScopes(auth, needed.length > 0 ? union(required, needed) : required);
  };

  /** Who asks and for what, or the answer to somebody who may not ask it. */
  const admit = async (request: Request): Promise<Admitted | Response> => {
    const auth = await guard.identify(request);
    if (auth instanceof Response) return auth;
    const accepted = acceptedBy(request);
    // What is not JSON the SDK refuses by its headers, unread.
    if (request.method !== "POST" || !isJsonContentType(request.headers.get("content-type"))) {
      return (
        refuseLesser(auth) ?? refuseForms(request, accepted) ?? { request, auth, accepted, body: undefined }
      );
    }
    const unacceptable = refuseForms(request, accepted);
    if (unacceptable) return refuseLesser(auth) ?? unacceptable;
    const read = await readJson(request);
    if (read.kind === "too large")
      return refuseLesser(auth) ?? jsonRpcError(413, -32000, "The body is larger than 4 MB.");
    if (read.kind === "malformed")
      return refuseLesser(auth) ?? jsonRpcError(400, -32700, "Parse error: the body is not JSON.");
    if (guard.isRevoked(auth)) {
      // A body may take its time. Asking again gives the answer that a new request with this token would get.
      const refusal = await guard.identify(request);
      if (refusal instanceof Response) return refusal;
    }
    const body = read.value;
    const refusal = refuseLesser(auth, registrations && neededScopes(body, registrations));
    return refusal ?? { request, auth, accepted, body };
  };

  /** @param finished called once nothing is left to do for this request */
  const serve = async (admitted: Admitted, finished: () => void): Promise<Response> => {
    const { request, auth, accepted, body } = admitted;
    if (logAdmission) {
      const calls = body === undefined ? [{ method: request.method }] : callsOf(body);
      for (const call of calls) logAdmission(auth, call);
    }
    const exchange = { request, auth, authInfo: toAuthInfo(auth), body };
    if (body === undefined) {
      const { response, done } = await serveWithoutBody(exchange, accepted);
      finished();
      return bind(response, auth, done);
    }
    // Subscriptions last until they are ended: nobody waits for them.
    if (isSubscription(body)) finished();
    const legacy = await isLegacyPost(request, body);
    const span = traced(() => readTracedMessage(body, request, registrations));
    try {
      const { response, done } = await currentAuth.run(auth, () =>
        span.run(() =>
          legacy
            ? serveLegacy({ ...exchange, request: acceptingBoth(request) })
            : serveModern(exchange, accepted),
        ),
      );
      const answer = await buffered(await inAcceptedForm(response, accepted, Array.isArray(body)));
      return bind(answer, auth, () => {
        done();
        finished();
        span.end(() => failureOf(answer));
      });
    } catch (cause) {
      span.end(() => "server_error");
      throw cause;
    }
  };

  let [closing, closed] = [false, false];
  return {
    async fetch(request) {
      if (closing) return shuttingDown();
      // From its head on: its body may be under way when the server begins to close.
      const finished = running.begin();
      try {
        const admitted = await admit(request);
        if (!(admitted instanceof Response) && !closed) return await serve(admitted, finished);
        finished();
        return admitted instanceof Response ? admitted : shuttingDown();
      } catch (cause) {
        finished();
        log.error("the MCP endpoint failed", { cause });
        return jsonRpcError(500, -32603, "Internal server error");
      }
    },
    resourceUpdated(uri) {
      modern.notify.resourceUpdated(uri);
      const needed = registrations?.resource(uri)?.scopes ?? [];
      sessions?.resourceUpdated(uri, (auth) => guard.hasScopes(auth, needed));
    },
    grantRevoked(grantId) {
      streams.closeGrant(grantId);
      sessions?.closeGrant(grantId);
    },
    revocationLeaseLapsed: streams.closeGrants,
    openStreams: streams.count,
    openSessions: () => sessions?.count() ?? 0,
    async close() {
      closing = true;
      await running.done(DRAIN_MILLISECONDS);
      closed = true;
      await modern.close();
      // The SDK says goodbye on each subscription; what it wrote is read in the next turn.
      await new Promise((resolve) => setImmediate(resolve));
      sessions?.closeAll();
      streams.closeAll();
    },
  };
}

/** The process has five seconds to exit after SIGTERM. */
const DRAIN_MILLISECONDS = 3000;

type Admitted = {
  readonly request: Request;
  readonly auth: Auth;
  readonly accepted: Accepted;
  /** Undefined where it was not read. */
  readonly body: unknown;
};

/** A stream is all that a session's GET can be answered with. Without a session the SDK refuses it by its method. */
function refuseForms({ method, headers }: Request, { json, events }: Accepted): Response | undefined {
  if (events || method === "DELETE") return undefined;
  if (method === "POST") return json ? undefined : notAcceptable("application/json or text/event-stream");
  return headers.has("mcp-session-id") ? notAcceptable("text/event-stream") : undefined;
}

function notAcceptable(forms: string): Response {
  return jsonRpcError(406, -32000, `Accept must allow ${forms}.`);
}

function shuttingDown(): Response {
  return jsonRpcError(503, -32000, "The server is shutting down.", { "Retry-After": "5" });
}

function isSubscription(body: unknown): boolean {
  return (
    typeof body === "object" && body !== null && "method" in body && body.method === "subscriptions/listen"
  );
}

/** Tells the 2026-era clients that subscribed. Sessions hear it from their own servers. */
function announce({ kind }: Registration, { notify }: McpHttpHandler): void {
  if (kind === "tool") notify.toolsChanged();
  if (kind === "prompt") notify.promptsChanged();
  if (kind === "resource") notify.resourcesChanged();
}

/** The SDK answers 500 for a factory that throws, and tells nobody why. */
function loggingFailures(makeServer: MakeServer, log: Log): MakeServer {
  return async (context, use) => {
    try {
      return await makeServer(context, use);
    } catch (cause) {
      log.error("no MCP server could be made for a request", { cause });
      throw cause;
    }
  };
}
