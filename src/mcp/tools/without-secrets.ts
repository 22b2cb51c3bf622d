import { type McpServer, ProtocolError } from "@modelcontextprotocol/server";
import { masked, maskedJson } from "../../core/masked.ts";
import { membersOf } from "../messages/json-rpc.ts";

/** Of a chain of causes. It may be a ring. */
const DEEPEST_CAUSE = 5;

/**
 * What a callback threw, as a log and a client may have it: its class, its message, its stack and those of its causes, masked. No other
 * member of it, since the clients of APIs keep requests in their errors.
 */
export function withoutSecrets(error: unknown, secrets: ReadonlySet<string>, depth = 0): Error {
  if (!(error instanceof Error)) return new Error(masked(textOf(error), secrets));
  const message = masked(textOf(error.message), secrets);
  if (error instanceof ProtocolError) {
    return new ProtocolError(error.code, message, maskedJson(error.data, secrets));
  }
  const hasCause = error.cause !== undefined && depth < DEEPEST_CAUSE;
  const shown = new Error(
    message,
    hasCause ? { cause: withoutSecrets(error.cause, secrets, depth + 1) } : {},
  );
  shown.name = masked(textOf(error.name), secrets);
  if (error.stack !== undefined) shown.stack = masked(textOf(error.stack), secrets);
  return shown;
}

/** What is thrown may be anything, also what can't be made a text. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "What was thrown can't be shown.";
  }
}

/**
 * Makes the errors that a server answers say nothing of these secrets. Its handlers are the operator's and reach the SDK without us, which
 * makes an answer of what they throw.
 */
export function answersWithoutSecrets(server: McpServer, secrets: ReadonlySet<string>): void {
  const connect: McpServer["connect"] = server.connect.bind(server);
  server.connect = (transport) => {
    const send: typeof transport.send = transport.send.bind(transport);
    transport.send = (message, options) => {
      const isError =
        "error" in message || ("result" in message && membersOf(message.result).isError === true);
      return send(isError && secrets.size > 0 ? withoutIn(message, secrets) : message, options);
    };
    return connect(transport);
  };
}

/** The id is the client's, and says which call it answers. */
function withoutIn<Message extends object>(message: Message, secrets: ReadonlySet<string>): Message {
  const { id, ...said } = message as Message & { readonly id?: unknown };
  return { ...(maskedJson(said, secrets) as Message), ...(id !== undefined && { id }) };
}
