import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import { randomId } from "../platform/random.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { jsonRpcError } from "./json-rpc.ts";
import type { Registration } from "./registration.ts";
import { callsServedBy, type ScopedCalls } from "./scoped-calls.ts";
import type { MakeServer } from "./servers.ts";
import { personKey, type SessionKey } from "./session-key.ts";
import { createSessionTable, type McpSession, type SessionTable } from "./session-table.ts";

/** Sessions of 2025-era clients (`Mcp-Session-Id`), in the memory of this process. */
export type McpSessions = {
  /** Answers `initialize` with a new session. */
  open(exchange: Exchange): Promise<Answer>;
  /** Answers inside a session; 404 where there is none of this id that is for this token. */
  serve(id: string, exchange: Exchange): Promise<Answer>;
  /** Puts what was registered late on the servers that are open. */
  register(registration: Registration, calls: ScopedCalls): void;
  /** @param mayHear whether the token that used a session last has what this resource needs */
  resourceUpdated(uri: string, mayHear: (auth: Auth) => boolean): void;
  /** Closes those that were opened so, or used so last. */
  closeWhere(condition: (auth: Auth) => boolean): void;
  closeAll(): void;
  /** How many are open. */
  count(): number;
};

export type SessionsParts = {
  readonly makeServer: MakeServer;
  /** Which tokens may share a session. */
  readonly keyOf: SessionKey;
  readonly clock: Clock;
  readonly log: Log;
};

export function createMcpSessions(parts: SessionsParts): McpSessions {
  const { keyOf, clock, log } = parts;
  const table = createSessionTable(clock, log);
  return {
    async open(exchange) {
      const session = await connect(exchange, table, parts);
      const answered = await answerIn(session, exchange, clock);
      // A handshake that the SDK refused made no session.
      if (session.transport.sessionId === undefined) await session.server.close();
      return answered;
    },

    async serve(id, exchange) {
      const session = table.use(id, keyOf(exchange.auth));
      if (session) return answerIn(session, exchange, clock);
      // Whose session it is stays unsaid: to everybody else it does not exist. As the SDK's transport says it; a client
      // starts a new session then (MCP 2025-11-25, session management).
      return { response: jsonRpcError(404, -32001, "Session not found"), done() {} };
    },

    register(registration, calls) {
      for (const { server } of table.all()) {
        try {
          registration.apply(server, callsServedBy(server, calls));
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
      for (const { server, subscriptions, auth } of table.all()) {
        if (!subscriptions.has(uri) || !mayHear(auth)) continue;
        server.server
          .sendResourceUpdated({ uri })
          .catch((cause) => log.error("an update was not sent", { cause }));
      }
    },
    closeWhere: (condition) => table.closeWhere(({ opened, auth }) => condition(opened) || condition(auth)),
    closeAll: () => table.closeWhere(() => true),
    count: table.count,
  };
}

/** A server with a transport of its own. It is in the table from the handshake on, until either of them is closed. */
async function connect(
  { request, auth, authInfo }: Exchange,
  table: SessionTable,
  { makeServer, keyOf, clock }: Omit<SessionsParts, "log">,
): Promise<McpSession> {
  const subscriptions = new Set<string>();
  const server = await makeServer(
    { era: "legacy", authInfo, requestInfo: request },
    { kind: "session", subscriptions },
  );
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomId,
    onsessioninitialized: (id) => table.add(id, session),
  });
  const session: McpSession = {
    person: personKey(auth),
    key: keyOf(auth),
    server,
    transport,
    subscriptions,
    opened: auth,
    auth,
    answering: 0,
    lastUsed: clock(),
  };
  await server.connect(transport);
  const closed = server.server.onclose;
  server.server.onclose = () => {
    if (transport.sessionId !== undefined) table.close(transport.sessionId);
    closed?.();
  };
  return session;
}

async function answerIn(session: McpSession, exchange: Exchange, clock: Clock): Promise<Answer> {
  const { request, auth, authInfo, body } = exchange;
  session.lastUsed = clock();
  session.auth = auth;
  session.answering++;
  const done = () => {
    session.answering--;
    session.lastUsed = clock();
  };
  try {
    const response = await session.transport.handleRequest(request, {
      authInfo,
      ...(body !== undefined && { parsedBody: body }),
    });
    return { response, done };
  } catch (cause) {
    done();
    throw cause;
  }
}
