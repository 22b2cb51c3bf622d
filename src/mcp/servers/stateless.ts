import {
  isJSONRPCRequest,
  type JSONRPCRequest,
  type McpServer,
  SdkError,
  SdkErrorCode,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import { isEventStream } from "../messages/buffered-response.ts";
import { readMessage } from "../messages/json-rpc.ts";
import { type KeepAlive, keptAlive } from "../messages/keep-alive.ts";
import type { AnyExchange } from "../requests/exchange.ts";
import type { ResultChallenges } from "../tools/result-challenges.ts";
import { OnePostTransport, OneRequestTransport } from "./one-way.ts";
import type { MakeServer } from "./servers.ts";

export type StatelessParts = {
  readonly makeServer: MakeServer;
  /** Whether the tools of these servers challenge by themselves (`scopeChallenge`), which a transport has to ask them for. */
  readonly mayChallenge: boolean;
  readonly keepAlive: KeepAlive;
  readonly resultChallenges?: Pick<ResultChallenges, "sessionIdFor"> | undefined;
};

/** Serves one POST of a 2025-era client without a session: a server and a transport for it alone. */
export async function serveStateless(exchange: AnyExchange, parts: StatelessParts): Promise<Response> {
  const { request, authInfo, body, reached } = exchange;
  const server = await parts.makeServer(
    { era: "legacy", requestInfo: request, ...(authInfo && { authInfo }) },
    { kind: "request", reached },
  );
  return !parts.mayChallenge && isPlainRequest(body, request)
    ? answerRequest(server, body, exchange, parts.keepAlive)
    : answerAny(server, exchange, parts);
}

/** A single request, other than the handshake, under a version that its era has. The SDK's transport knows what else there is. */
function isPlainRequest(body: unknown, { headers }: Request): body is JSONRPCRequest {
  const version = headers.get("mcp-protocol-version");
  return (
    (version === null || SUPPORTED_PROTOCOL_VERSIONS.includes(version)) &&
    isJSONRPCRequest(body) &&
    body.method !== "initialize"
  );
}

/** By the SDK's transport for one request: JSON, or a stream from the first thing on that is said before the answer. */
async function answerRequest(
  server: McpServer,
  message: JSONRPCRequest,
  { request, authInfo, accepted }: AnyExchange,
  keepAlive: KeepAlive,
): Promise<Response> {
  const transport = new OneRequestTransport({ classification: { era: "legacy" } });
  await server.connect(transport);
  const answered = transport
    .handleMessage(message, { request, ...(authInfo && { authInfo }) })
    .then(withoutStatus, clientLeft);
  return accepted.events ? keptAlive(answered, keepAlive) : answered;
}

/** An error that answers a message is no failed request in this era: clients take a 404 for a session that has ended. */
function withoutStatus(response: Response): Response {
  if (response.status === 200 || isEventStream(response)) return response;
  return new Response(response.body, { headers: response.headers });
}

/** Nobody reads it any more. */
function clientLeft(cause: unknown): Response {
  if (cause instanceof SdkError && cause.code === SdkErrorCode.ConnectionClosed) {
    return new Response(null, { status: 499 });
  }
  throw cause;
}

/** By the SDK's transport for all that its era has: handshakes, notifications, batches, and what is wrong. */
async function answerAny(
  server: McpServer,
  { request, authInfo, body }: AnyExchange,
  { resultChallenges }: StatelessParts,
): Promise<Response> {
  // Without a session id generator: the SDK's stateless mode.
  const transport = new OnePostTransport();
  await server.connect(transport);
  const response = await transport.handleRequest(request, {
    parsedBody: withoutCancellations(body),
    ...(authInfo && { authInfo }),
  });
  const sessionId = resultChallenges?.sessionIdFor(body);
  if (sessionId !== undefined) response.headers.set("mcp-session-id", sessionId);
  return response;
}

/** Of a batch. Without a session there is nothing to cancel but what is in it, and the SDK would leave that without an end. */
function withoutCancellations(body: unknown): unknown {
  if (!Array.isArray(body)) return body;
  const others = body.filter((message) => readMessage(message).method !== "notifications/cancelled");
  return others.length > 0 ? others : body;
}
