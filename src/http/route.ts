import type { RefusalEvent } from "../core/events.ts";
import type { CorsPolicy } from "./cors.ts";
import type { Peer } from "./peer.ts";

/** Parse, read, decide, write (at most once), respond. A refusal is thrown: the boundary answers it. */
export type Endpoint = (request: Request, peer: Peer) => Promise<Response>;

export type Method = "GET" | "POST" | "DELETE";

/** A path and all that is to be known of it: it is mounted, measured and documented from here. */
export type Route = {
  /** What metrics, spans and docs/endpoints.md call it. */
  readonly name: string;
  /** Below the base path. The first one is the one that documents and pages name. */
  readonly paths: readonly [string, ...string[]];
  /** The paths begin at the root of the host: those of well-known documents do. */
  readonly isAtRoot?: true;
  /** The option that says the path, where one does. */
  readonly pathOption?: string;
  /** HEAD is GET without the body (RFC 9110 §9.3.2), OPTIONS is a preflight, and anything else is 405. */
  readonly methods: Readonly<Partial<Record<Method, Endpoint>>>;
  /** What answers the other methods in place of 405, or 404 for a path that is there for GET alone. */
  readonly otherMethods?: Endpoint | "not_found";
  /** How a refusal is answered: programs get JSON, people a page. */
  readonly refusals: "json" | "page";
  /** The event of a refusal; `request.refused` unless said. */
  readonly refusedAs?: RefusalEvent;
  /** Who may read the answers from a browser page; undefined for no page of another origin. */
  readonly cors?: CorsPolicy;
  /** Asked every few seconds by machines: it has no spans. `probe`: by whatever name they call this host. */
  readonly askedBy?: "probe" | "scraper";
  /** The member of the authorization server metadata that has its URL (RFC 8414 §2). */
  readonly metadata?: string;
};

/** The URL of a route: what documents and pages name. */
export function urlOf(issuer: string, path: string): string {
  return `${issuer.endsWith("/") ? issuer.slice(0, -1) : issuer}${path}`;
}
