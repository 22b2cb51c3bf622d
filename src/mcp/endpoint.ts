import type { Auth } from "../core/auth.ts";
import { admissionLog } from "../resource-server/admission-log.ts";
import type { Guard } from "../resource-server/guard.ts";
import { jsonRpcError, SHUTTING_DOWN } from "./messages/json-rpc.ts";
import { createAdmission } from "./requests/admission.ts";
import { callsOf } from "./requests/calls.ts";
import { CurrentMessage } from "./requests/current-message.ts";
import type { Exchange } from "./requests/exchange.ts";
import { createInFlight, DRAIN_MILLISECONDS } from "./requests/in-flight.ts";
import { createRecheck } from "./requests/recheck.ts";
import { respond, type Steps } from "./requests/respond.ts";
import type { McpFactory } from "./servers/servers.ts";
import { createServing, type ServingParts } from "./serving.ts";
import { ofCaller, ofGrant, personKey } from "./sessions/key.ts";
import { createMcpSessions } from "./sessions/sessions.ts";
import type { Registrations } from "./tools/registrations.ts";

export type McpEndpointOptions = ServingParts & {
  readonly registrations: Registrations | McpFactory;
  readonly guard: Pick<Guard, "identify" | "isOutdated" | "requireScopes" | "hasScopes">;
  readonly resource: string;
  /** What every request needs. */
  readonly requiredScopes: readonly string[];
  /** Whether clients of 2025 get sessions. */
  readonly sessions: boolean;
  /** Whether the log says who was let in, and for what. */
  readonly debug: boolean;
};

export type McpEndpoint = {
  /** Answers one request to the MCP URL. Everything that is refused is answered, nothing is thrown. */
  fetch(request: Request): Promise<Response>;
  /** Tells the clients that subscribed to this resource that it changed. */
  resourceUpdated(uri: string): void;
  /** Ends the answers and sessions of a grant that was revoked. */
  grantRevoked(grantId: string): void;
  /** Ends the answers and sessions of a person who changed: they may have been signed out, disabled, or made one with another. */
  personChanged(personId: string): void;
  /** Ends the answers to tokens that let no one in any more: what they are verified by has changed. */
  verifyAgain(): void;
  /** Ends every answer: any grant may have been revoked, any person disabled. */
  revocationLeaseLapsed(): void;
  /** How many streams are open now. */
  openStreams(): number;
  openSessions(): number;
  /** Lets the calls that are running finish (three seconds at most), and then ends every answer and session. */
  close(): Promise<void>;
};

/** Of those that last until they are closed. One person cannot take what is there for all. */
const MOST_STREAMS_OF_ONE_PERSON = 100;

/** The MCP server behind the guard: both protocol eras on one URL. */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { guard, resource, clock, log } = options;
  const registrations = typeof options.registrations === "function" ? undefined : options.registrations;
  const { modern, makeServer, calls, open, answering } = createServing(options, guard);
  const keyOf = registrations ? ofCaller : ofGrant;
  const sessions = options.sessions ? createMcpSessions({ makeServer, keyOf, clock, log }) : undefined;
  const answer = answering<Exchange>(sessions);
  const inFlight = createInFlight();
  const closeWhere = (condition: (auth: Auth) => boolean) => {
    // Before the sessions: a request in one is answered that it was ended.
    open.closeWhere(condition);
    sessions?.closeWhere(condition);
  };
  const recheck = createRecheck({ guard, resource, open });
  /** What a request is answered in the end: a token that has ended meanwhile gets what a new request with it would. */
  const stillAllowed = async (response: Response | undefined, { request, auth }: Exchange) => {
    if (response && !guard.isOutdated(auth)) return response;
    const now = await guard.identify(request);
    const isSame = "person" in now && now.person.id === auth.person.id;
    if (isSame) return response;
    closeWhere((opened) => opened === auth);
    return "person" in now ? undefined : now;
  };
  const logAdmission = admissionLog(log, options.debug);
  const steps: Steps<Exchange> = {
    inFlight,
    admit: createAdmission({ ...options, registrations }),
    async answer(exchange, finished) {
      if (logAdmission) for (const call of callsOf(exchange)) logAdmission(exchange.auth, call);
      const message = new CurrentMessage(exchange);
      // A shutdown does not wait for what lasts until it is closed.
      if (message.lasts) {
        finished();
        const person = personKey(exchange.auth);
        if (open.lasting((auth) => personKey(auth) === person) >= MOST_STREAMS_OF_ONE_PERSON)
          return tooManyStreams();
      } else message.atEnd(finished);
      const response = await answer(exchange, message);
      return inFlight.isDrained() ? response : stillAllowed(response, exchange);
    },
    log,
  };
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
    grantRevoked: (revoked) => closeWhere(({ grantId }) => grantId === revoked),
    personChanged(personId) {
      closeWhere(({ person }) => person.id === personId);
      // It may be this person whom a provider's token is about.
      recheck(({ grantId }) => grantId === null);
    },
    verifyAgain: () => recheck(() => true),
    revocationLeaseLapsed: open.closeAll,
    openStreams: open.streams,
    openSessions: () => sessions?.count() ?? 0,
    async close() {
      await inFlight.drain(DRAIN_MILLISECONDS);
      open.closeCalls(SHUTTING_DOWN);
      await modern.close();
      sessions?.closeAll();
      open.closeAll();
    },
  };
}

function tooManyStreams(): Response {
  const said = `This person has ${MOST_STREAMS_OF_ONE_PERSON} open streams, the maximum. Close one first.`;
  return jsonRpcError(429, -32000, said, { "Retry-After": "60" });
}
