import { createMcpHandler } from "@modelcontextprotocol/server";
import type { Log } from "../../platform/logging.ts";
import { type KeepAlive, keptAlive } from "../messages/keep-alive.ts";
import type { AnyExchange } from "../requests/exchange.ts";
import type { Registration } from "../tools/registration.ts";
import type { MakeServer } from "./servers.ts";

/** Serves clients of 2026-07-28, and tells those that subscribed what changes. */
export type Modern = {
  serve(exchange: AnyExchange): Promise<Response>;
  /** Tells of what was registered late. Sessions hear it from their own servers. */
  announce(registration: Registration): void;
  resourceUpdated(uri: string): void;
  close(): Promise<void>;
};

export type ModernParts = {
  readonly makeServer: MakeServer;
  /** What the message that is being answered can reach. The SDK asks for a server without saying for which message. */
  readonly currentlyReached: () => AnyExchange["reached"];
  readonly keepAlive: KeepAlive;
  readonly log: Log;
};

export function createModern({ makeServer, currentlyReached, keepAlive, log }: ModernParts): Modern {
  const handler = createMcpHandler(
    (context) => makeServer(context, { kind: "request", reached: currentlyReached() }),
    // Clients of the earlier revisions are served elsewhere, with sessions or without.
    { legacy: "reject", onerror: (error) => log.debug("the SDK reports", { reason: error.message }) },
  );
  return {
    async serve({ request, authInfo, accepted, body }) {
      const answered = handler.fetch(request, {
        ...(authInfo && { authInfo }),
        ...(body !== undefined && { parsedBody: body }),
      });
      return accepted.events ? keptAlive(answered, keepAlive) : answered;
    },
    announce({ kind }) {
      if (kind === "tool") handler.notify.toolsChanged();
      if (kind === "prompt") handler.notify.promptsChanged();
      if (kind === "resource") handler.notify.resourcesChanged();
    },
    resourceUpdated: (uri) => handler.notify.resourceUpdated(uri),
    async close() {
      await handler.close();
      // The SDK says goodbye on each subscription; what it wrote is read in the next turn.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
