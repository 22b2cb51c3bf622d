import { isInitializeRequest } from "@modelcontextprotocol/server";
import { acceptingBoth } from "./messages/accepted.ts";
import { isLegacyPost } from "./messages/era.ts";
import type { CurrentMessage } from "./requests/current-message.ts";
import type { AnyExchange, Exchange } from "./requests/exchange.ts";
import type { Modern } from "./servers/modern.ts";

/** How the SDK serves: a request of 2026, a session of 2025, or one POST of 2025 by itself. */
export type Transports<One extends AnyExchange = Exchange> = {
  readonly modern: Pick<Modern, "serve">;
  /** Undefined where there are none. */
  readonly sessions: Sessions<One> | undefined;
  readonly stateless: (exchange: One) => Promise<Response>;
};

type Sessions<One extends AnyExchange> = {
  readonly open: (exchange: One, message: CurrentMessage) => Promise<Response>;
  readonly serve: (id: string, exchange: One, message: CurrentMessage) => Promise<Response>;
};

/** Serves a request in the era of its client. */
export async function serve<One extends AnyExchange>(
  transports: Transports<One>,
  exchange: One,
  message: CurrentMessage,
): Promise<Response> {
  const { request, body } = exchange;
  // GET and DELETE belong to sessions; the SDK answers 405 where there are none.
  if (body === undefined)
    return inSession(transports, exchange, message) ?? transports.modern.serve(exchange);
  return (await isLegacyPost(request, body))
    ? serveLegacy(transports, exchange, message)
    : transports.modern.serve(exchange);
}

function serveLegacy<One extends AnyExchange>(
  transports: Transports<One>,
  exchange: One,
  message: CurrentMessage,
): Promise<Response> {
  const { sessions, stateless } = transports;
  if (sessions && isInitializeRequest(exchange.body))
    return sessions.open(acceptingAnswers(exchange), message);
  return inSession(transports, exchange, message) ?? stateless(acceptingAnswers(exchange));
}

/** Undefined where the request names no session. */
function inSession<One extends AnyExchange>(
  { sessions }: Transports<One>,
  exchange: One,
  message: CurrentMessage,
): Promise<Response> | undefined {
  const id = exchange.request.headers.get("mcp-session-id");
  return sessions && id !== null ? sessions.serve(id, acceptingAnswers(exchange), message) : undefined;
}

/** As the SDK's transports of 2025 want it: a client that takes one form gets its answer in it later. */
function acceptingAnswers<One extends AnyExchange>(exchange: One): One {
  return { ...exchange, request: acceptingBoth(exchange.request) };
}
