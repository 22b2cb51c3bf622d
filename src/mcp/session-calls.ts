import type { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { CurrentMessage } from "./current-message.ts";
import { ENDED } from "./json-rpc.ts";

/** The requests of one session that are being answered. */
export type SessionCalls = {
  /** An id that is also that of a request which is not answered: what comes of one would reach the stream of the other. */
  usedId(message: CurrentMessage): string | number | undefined;
  begin(message: CurrentMessage): void;
  /** Nothing of it runs: it was refused by the transport. */
  refused(message: CurrentMessage): void;
  /** Cuts those that wait for an answer. */
  cutAll(): void;
  /** How many there are whose client is still there. */
  count(): number;
};

export function createSessionCalls(transport: WebStandardStreamableHTTPServerTransport): SessionCalls {
  /** A client may leave, or give up, before its request is answered: then its id stays. Ids are used once (MCP 2025-11-25, requests). */
  const unanswered = new Set<string | number>();
  const messages = new Set<CurrentMessage>();
  const send: typeof transport.send = transport.send.bind(transport);
  transport.send = (said, options) => {
    if (("result" in said || "error" in said) && said.id !== undefined) unanswered.delete(said.id);
    return send(said, options);
  };

  /** As its client does it: the tool is told, and what it returns is not sent. */
  const cancel = ({ requestIds }: CurrentMessage, reason: string) => {
    for (const requestId of requestIds.filter((id) => unanswered.has(id))) {
      transport.onmessage?.({
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId, reason },
      });
      transport.closeSSEStream(requestId);
    }
  };

  return {
    usedId: ({ requestIds }) => requestIds.find((id) => unanswered.has(id)),
    begin(message) {
      messages.add(message);
      for (const id of message.requestIds) unanswered.add(id);
      message.atEnd((cut) => {
        messages.delete(message);
        if (cut !== undefined) cancel(message, cut);
      });
    },
    refused({ requestIds }) {
      for (const id of requestIds) unanswered.delete(id);
    },
    cutAll() {
      for (const message of messages) if (message.requestIds.length > 0) message.end(ENDED);
    },
    count: () => messages.size,
  };
}
