import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Auth } from "../../core/auth.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import { randomId } from "../../platform/random.ts";
import { isEventStream } from "../messages/buffered-response.ts";
import { jsonRpcError } from "../messages/json-rpc.ts";
import type { CurrentMessage } from "../requests/current-message.ts";
import type { Exchange } from "../requests/exchange.ts";
import type { MakeServer } from "../servers/servers.ts";
import type { Registration } from "../tools/registration.ts";
import { callsServedBy, type ScopedCalls } from "../tools/scoped-calls.ts";
import { createSessionCalls } from "./calls.ts";
import { personKey, type SessionKey } from "./key.ts";
import { createSessionTable, type McpSession, type SessionTable } from "./table.ts";

/** Sessions of 2025-era clients (`Mcp-Session-Id`), in the memory of this process. */
export type McpSessions = {
  /** Answers `initialize` with a new session. */
  open(exchange: Exchange, message: CurrentMessage): Promise<Response>;
  /** Answers inside a session; 404 where there is none of this id that is for this token. */
  serve(id: string, exchange: Exchange, message: CurrentMessage): Promise<Response>;
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
    async open(exchange, message) {
      const session = await connect(exchange, table, parts);
      const answered = await answerIn(session, exchange, message, clock);
      // A handshake that the SDK refused made no session.
      if (session.transport.sessionId === undefined) await session.server.close();
      // Nor did one that was cut: nobody learns its id.
      message.atEnd((cut) => {
        if (cut !== undefined) table.close(session.transport.sessionId ?? "");
      });
      return answered;
    },

    async serve(id, exchange, message) {
      const session = table.use(id, keyOf(exchange.auth));
      if (session) return answerIn(session, exchange, message, clock);
      // Whose session it is stays unsaid: to everybody else it does not exist. As the SDK's transport says it; a client
      // starts a new session then (MCP 2025-11-25, session management).
      return jsonRpcError(404, -32001, "Session not found");
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
    calls: createSessionCalls(transport),
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

async function answerIn(
  session: McpSession,
  { request, auth, authInfo, body }: Exchange,
  message: CurrentMessage,
  clock: Clock,
): Promise<Response> {
  const { transport, calls } = session;
  const usedId = calls.usedId(message);
  if (usedId !== undefined) {
    const which = JSON.stringify(usedId);
    return jsonRpcError(
      400,
      -32600,
      `The id ${which} is used by a request that is not answered. Use a new one.`,
    );
  }
  session.lastUsed = clock();
  session.auth = auth;
  calls.begin(message);
  message.atEnd(() => {
    session.lastUsed = clock();
  });
  const response = await transport.handleRequest(request, {
    authInfo,
    ...(body !== undefined && { parsedBody: body }),
  });
  if (!isEventStream(response)) calls.refused(message);
  return response;
}
