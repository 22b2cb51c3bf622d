import type { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { ENDED, membersOf, readMessage } from "../messages/json-rpc.ts";
import type { CurrentMessage } from "../requests/current-message.ts";

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

/** @param transport that no server is connected to yet */
export function createSessionCalls(transport: WebStandardStreamableHTTPServerTransport): SessionCalls {
  /** Ids are used once (MCP 2025-11-25, requests): that of a call which was cancelled stays, since its tool may still speak. */
  const unanswered = new Set<string | number>();
  const cancelled = new Set<string | number>();
  const messages = new Set<CurrentMessage>();

  /** The SDK closes a stream after its last answer, and what was cancelled gets none (MCP 2025-11-25, cancellation). */
  const closeIfOver = (id: string | number) => {
    const isOver = (one: string | number) => !unanswered.has(one) || cancelled.has(one);
    const ofId = [...messages].find(({ requestIds }) => requestIds.includes(id));
    if (ofId?.requestIds.every(isOver)) transport.closeSSEStream(id);
  };

  // The server hears it after this.
  transport.onmessage = (heard) => {
    const id = cancelledId(heard);
    if (id === undefined || !unanswered.has(id)) return;
    cancelled.add(id);
    closeIfOver(id);
    // Each keeps its id, and the SDK looks through all of them at each answer. The client begins another session.
    if (cancelled.size >= MOST_CANCELLED) void transport.close();
  };
  const send: typeof transport.send = transport.send.bind(transport);
  transport.send = (said, options) => {
    const sent = send(said, options);
    if (("result" in said || "error" in said) && said.id !== undefined) {
      unanswered.delete(said.id);
      if (cancelled.size > 0) closeIfOver(said.id);
    }
    return sent;
  };

  /** As its client does it: the tool is told, and what it returns is not sent. */
  const cancel = ({ requestIds }: CurrentMessage, reason: string) => {
    for (const requestId of requestIds.filter((id) => unanswered.has(id))) {
      transport.onmessage?.({ jsonrpc: "2.0", method: CANCELLED, params: { requestId, reason } });
    }
  };

  return {
    usedId: ({ requestIds }) => requestIds.find((id) => unanswered.has(id)),
    begin(message) {
      messages.add(message);
      for (const id of message.requestIds) unanswered.add(id);
      message.atEnd((cut) => {
        if (cut !== undefined) cancel(message, cut);
        messages.delete(message);
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

const MOST_CANCELLED = 1000;
const CANCELLED = "notifications/cancelled";

function cancelledId(message: unknown): string | number | undefined {
  const { method, params } = readMessage(message);
  const { requestId } = membersOf(params);
  const isId = typeof requestId === "string" || typeof requestId === "number";
  return method === CANCELLED && isId ? requestId : undefined;
}
