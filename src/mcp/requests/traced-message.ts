import { BAGGAGE_META_KEY, TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from "@modelcontextprotocol/server";
import type { MessageSpan, TracedMessage } from "../../platform/telemetry/tracing.ts";
import { textOf } from "../../platform/text-response.ts";
import { messagesOf } from "../messages/accepted.ts";
import { membersOf, readMessage } from "../messages/json-rpc.ts";
import type { RegistrationView } from "../tools/registrations.ts";
import type { CurrentMessage } from "./current-message.ts";
import type { AnyExchange } from "./exchange.ts";

/** The requests of the protocol that are answered and done. A subscription lasts for hours, and has no span. */
const METHODS = new Set([
  "completion/complete",
  "initialize",
  "logging/setLevel",
  "ping",
  "prompts/get",
  "prompts/list",
  "resources/list",
  "resources/read",
  "resources/subscribe",
  "resources/templates/list",
  "resources/unsubscribe",
  "server/discover",
  "tools/call",
  "tools/list",
]);
const LONGEST_NAME = 128;
const LONGEST_ID = 64;
/** Characters. What went wrong is short; what is longer is an answer. */
const LONGEST_READ = 64 * 1024;
const PROTOCOL_VERSION = /^\d{4}-\d\d-\d\d$/;

/** What a span says of a POST body; undefined where it is no single request of the protocol. */
export function readTracedMessage(
  { request, body }: AnyExchange,
  registrations: RegistrationView | undefined,
): TracedMessage | undefined {
  const { method, params, id } = readMessage(body);
  if (typeof method !== "string" || !METHODS.has(method)) return undefined;
  const { name: said, _meta } = membersOf(params);
  const name = typeof said === "string" ? said.slice(0, LONGEST_NAME) : undefined;
  const tool = method === "tools/call" ? name : undefined;
  const prompt = method === "prompts/get" ? name : undefined;
  const meta = membersOf(_meta);
  const version = request.headers.get("mcp-protocol-version") ?? "";
  return {
    method,
    tool,
    prompt,
    isRegistered:
      (tool !== undefined && registrations?.tool(tool) !== undefined) ||
      (prompt !== undefined && registrations?.prompt(prompt) !== undefined),
    id: typeof id === "string" || typeof id === "number" ? String(id).slice(0, LONGEST_ID) : undefined,
    protocolVersion: PROTOCOL_VERSION.test(version) ? version : undefined,
    context: {
      traceparent: meta[TRACEPARENT_META_KEY],
      tracestate: meta[TRACESTATE_META_KEY],
      baggage: meta[BAGGAGE_META_KEY],
    },
  };
}

/** Has a message answered in its span, which ends when its answer has been sent. */
export async function inSpan(
  span: MessageSpan,
  message: Pick<CurrentMessage, "atEnd">,
  answer: () => Promise<Response>,
): Promise<Response> {
  try {
    const response = await span.run(answer);
    message.atEnd(() => span.end(() => failureOf(response)));
    return response;
  } catch (cause) {
    span.end(() => "server_error");
    throw cause;
  }
}

/**
 * What an answer says that went wrong: the HTTP status, the code of a JSON-RPC error, or `tool_error` where a tool said so
 * itself. Undefined where it went well, and for what was sent as a stream, which is not read a second time.
 */
function failureOf(response: Response): string | undefined {
  if (response.status >= 400) return String(response.status);
  const text = textOf(response);
  if (text === undefined || text.length > LONGEST_READ) return undefined;
  const { error, result } = readMessage(lastMessage(text));
  if (error !== undefined) return String(membersOf(error).code);
  return membersOf(result).isError === true ? "tool_error" : undefined;
}

/** Of the messages in it, the answer comes last: notifications go before it. */
function lastMessage(text: string): unknown {
  try {
    return JSON.parse(messagesOf(text).at(-1) ?? text);
  } catch {
    return undefined;
  }
}
