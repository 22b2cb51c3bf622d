import type { SignedInHere } from "../authorization-server/account/signed-in-here.ts";
import type { Settings } from "../config/settings.ts";
import type { ConnectionInfo } from "../http/peer.ts";
import type { Route } from "../http/route.ts";
import type { McpFactory, McpIdentity } from "../mcp/servers/servers.ts";
import type { Registrations } from "../mcp/tools/registrations.ts";
import type { Instrumentation } from "../operations/instrumentation.ts";
import type { Readiness } from "../operations/probes.ts";
import { operationsRoutes } from "../operations/routes.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import type { OutboundProxy } from "../platform/outbound-proxy.ts";
import { type Documents, documentsRoute } from "../resource-server/documents.ts";
import type { Guard } from "../resource-server/guard.ts";
import { createApp } from "./app.ts";
import type { McpEndpoints } from "./endpoints.ts";
import { mcpRoutes } from "./mcp-routes.ts";

/** A server that answers requests: everything that it needs is open. */
export type OpenServer = {
  /** The one way in, for a listener and for those who mount it elsewhere. Never rejects. */
  fetch(request: Request, connection?: ConnectionInfo): Promise<Response>;
  /** The paths that it answers. */
  readonly routes: readonly Route[];
  readonly guard: Guard;
  /**
   * Called once, when its URL is known: what a start has to say to the operator.
   * @param print writes to the terminal; undefined where there is none, or no listener
   */
  readonly started?: (print: ((text: string) => void) | undefined) => Promise<void>;
  /** Tells the clients that subscribed to this resource here that it changed. */
  resourceUpdated(uri: string): void;
  /** From here on `/ready` says that no more requests should come. Those that do are served. */
  leave(): void;
  /** Ends streams; requests that are under way still find the store. */
  drain(): Promise<void>;
  /** Closes everything, the last part that was opened first. Nothing is answered after it. */
  close(): Promise<void>;
};

/** What every kind of server is made of. */
export type ServerParts = {
  readonly settings: Settings;
  readonly registrations: Registrations;
  readonly factory: McpFactory | undefined;
  readonly identity: McpIdentity;
  readonly log: Log;
  /** Where what is fetched goes through. */
  readonly proxy?: OutboundProxy | undefined;
  /** The time as it is. Default: the database's, or this machine's where there is none. */
  readonly clock?: Clock;
  /** Called with the name of each part before it is opened. */
  readonly beforePart?: (part: string) => void;
};

type ServedParts = {
  readonly settings: Settings;
  readonly endpoints: McpEndpoints;
  /** Undefined where people have no account at this server. */
  readonly account?: SignedInHere;
  readonly documents: Documents;
  readonly readiness: Readiness;
  readonly instrumentation: Pick<Instrumentation, "instrument" | "answer">;
  readonly log: Log;
};

/** What every kind of server answers, and those routes that only this kind has. */
export function serve(
  { settings, endpoints, account, documents, readiness, instrumentation, log }: ServedParts,
  more: readonly Route[] = [],
): Pick<OpenServer, "fetch" | "routes" | "resourceUpdated" | "leave" | "drain"> {
  const { instrument, answer } = instrumentation;
  const routes = [
    ...mcpRoutes({ ...settings, ...endpoints, account }),
    documentsRoute(documents),
    ...operationsRoutes(readiness, answer),
    ...more,
  ];
  return {
    routes,
    fetch: createApp({ ...settings, routes, instrument, log }),
    resourceUpdated: endpoints.resourceUpdated,
    leave: readiness.leave,
    async drain() {
      readiness.leave();
      await endpoints.close();
    },
  };
}
