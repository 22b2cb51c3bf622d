import {
  type AuthInfo,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import { randomId } from "../platform/random.ts";
import { jsonRpcError } from "./json-rpc.ts";
import type { Registration } from "./registration.ts";
import type { ScopedCalls } from "./scoped-calls.ts";
import type { MakeServer } from "./servers.ts";

/** Sessions of 2025-era clients (`Mcp-Session-Id`), in the memory of this process. */
export type Sessions = {
  /** Answers `initialize` with a new session. */
  open(exchange: Exchange): Promise<Answer>;
  /** Answers inside a session; 404 where there is none of this id for this person and client. */
  serve(id: string, exchange: Exchange): Promise<Answer>;
  /** Puts what was registered late on the servers that are open. */
  register(registration: Registration, calls: ScopedCalls): void;
  /** @param mayHear whether the token that used a session last has what this resource needs */
  resourceUpdated(uri: string, mayHear: (auth: Auth) => boolean): void;
  closeGrant(grantId: string): void;
  closeAll(): void;
  /** How many are open. */
  count(): number;
};

/** One request, let in. The body is undefined for GET and DELETE. */
export type Exchange = {
  readonly request: Request;
  readonly auth: Auth;
  readonly authInfo: AuthInfo;
  readonly body: unknown;
};

/** `done` is called once the response was sent, or its stream has ended. */
export type Answer = { readonly response: Response; done(): void };

type Session = {
  readonly person: string;
  readonly clientId: string;
  readonly server: McpServer;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly subscriptions: ReadonlySet<string>;
  /** Who used it last: after a step-up it is another grant, of the same person and client. */
  auth: Auth;
  answering: number;
  lastUsed: number;
};

const IDLE_MILLISECONDS = 60 * 60 * 1000;
const SWEEP_MILLISECONDS = 60 * 1000;
const MAXIMUM_SESSIONS = 10_000;
/** One person cannot push out everybody else. */
const MAXIMUM_SESSIONS_OF_ONE_PERSON = 100;

export function createSessions(makeServer: MakeServer, clock: Clock, log: Log): Sessions {
  /** The least recently used first. */
  const sessions = new Map<string, Session>();
  const countByPerson = new Map<string, number>();
  let sweeper: NodeJS.Timeout | undefined;

  const add = (id: string, session: Session) => {
    makeRoom(session.person);
    sessions.set(id, session);
    countByPerson.set(session.person, (countByPerson.get(session.person) ?? 0) + 1);
    sweeper ??= setInterval(sweep, SWEEP_MILLISECONDS).unref();
  };

  const end = (id: string, session: Session) => {
    if (!sessions.delete(id)) return;
    const left = (countByPerson.get(session.person) ?? 1) - 1;
    if (left > 0) countByPerson.set(session.person, left);
    else countByPerson.delete(session.person);
    if (sessions.size === 0) {
      clearInterval(sweeper);
      sweeper = undefined;
    }
    session.server.close().catch((cause) => log.error("a session did not close", { cause }));
  };

  const endWhere = (condition: (session: Session) => boolean) => {
    for (const [id, session] of sessions) if (condition(session)) end(id, session);
  };

  const isIdle = ({ answering, lastUsed }: Session) =>
    answering === 0 && clock() - lastUsed > IDLE_MILLISECONDS;
  const sweep = () => endWhere(isIdle);

  const makeRoom = (person: string) => {
    const crowded = (countByPerson.get(person) ?? 0) >= MAXIMUM_SESSIONS_OF_ONE_PERSON;
    if (!crowded && sessions.size < MAXIMUM_SESSIONS) return;
    for (const [id, session] of sessions) {
      if (!crowded || session.person === person) return end(id, session);
    }
  };

  const answer = async (session: Session, exchange: Exchange): Promise<Answer> => {
    session.lastUsed = clock();
    session.auth = exchange.auth;
    session.answering++;
    const done = () => {
      session.answering--;
      session.lastUsed = clock();
    };
    try {
      const { request, authInfo, body } = exchange;
      const response = await session.transport.handleRequest(request, {
        authInfo,
        ...(body !== undefined && { parsedBody: body }),
      });
      return { response, done };
    } catch (cause) {
      done();
      throw cause;
    }
  };

  return {
    async open(exchange) {
      const subscriptions = new Set<string>();
      const { request, auth, authInfo } = exchange;
      const server = await makeServer(
        { era: "legacy", authInfo, requestInfo: request },
        { kind: "session", subscriptions },
      );
      const transport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: randomId,
        onsessioninitialized: (id) => add(id, session),
      });
      const session: Session = {
        person: personKey(auth),
        clientId: auth.client.id,
        server,
        transport,
        subscriptions,
        auth,
        answering: 0,
        lastUsed: clock(),
      };
      await server.connect(transport);
      const closed = server.server.onclose;
      server.server.onclose = () => {
        if (transport.sessionId !== undefined) end(transport.sessionId, session);
        closed?.();
      };
      const answered = await answer(session, exchange);
      // A handshake that the SDK refused made no session.
      if (transport.sessionId === undefined) await server.close();
      return answered;
    },

    async serve(id, exchange) {
      const session = sessions.get(id);
      if (session && isIdle(session)) end(id, session);
      // Whose session it is stays unsaid: to everybody else it does not exist.
      if (!session || !sessions.has(id) || !belongsTo(session, exchange.auth)) {
        // As the SDK's transport says it; a client starts a new session then (MCP 2025-11-25, session management).
        return { response: jsonRpcError(404, -32001, "Session not found"), done() {} };
      }
      sessions.delete(id);
      sessions.set(id, session);
      return answer(session, exchange);
    },

    register(registration, calls) {
      for (const { server } of sessions.values()) {
        try {
          registration.apply(server, calls);
        } catch (cause) {
          // Completions are a capability of the handshake: an open session cannot gain them.
          log.info("an open session does not see what was registered late", {
            name: registration.name,
            reason: cause instanceof Error ? cause.message : String(cause),
          });
        }
      }
    },
    resourceUpdated(uri, mayHear) {
      for (const { server, subscriptions, auth } of sessions.values()) {
        if (!subscriptions.has(uri) || !mayHear(auth)) continue;
        server.server
          .sendResourceUpdated({ uri })
          .catch((cause) => log.error("an update was not sent", { cause }));
      }
    },
    closeGrant: (grantId) => endWhere(({ auth }) => auth.grantId === grantId),
    closeAll: () => endWhere(() => true),
    count: () => sessions.size,
  };
}

/** The same person and client with whatever grant, so that a session outlives a step-up. */
function belongsTo(session: Session, auth: Auth): boolean {
  return session.person === personKey(auth) && session.clientId === auth.client.id;
}

function personKey({ issuer, person }: Auth): string {
  return JSON.stringify([issuer, person.id]);
}
