import type { Upstream } from "../../config/upstreams/settings.ts";
import type { UpstreamAccess } from "../../core/upstream.ts";
import type { Peer } from "../../http/peer.ts";
import type { UpstreamCredentialSummary } from "../../store/upstream-store.ts";
import type { NewTokens, UpstreamService } from "./service.ts";

/** An upstream of this server, open. */
export type OpenUpstream = { readonly name: string } & (
  | { readonly upstream: Upstream & { readonly kind: "oauth" }; readonly service: UpstreamService }
  | { readonly upstream: Upstream & { readonly kind: "key" } }
);

/** What people have at other services: kept sealed, given to tools, ended. */
export type UpstreamVault = {
  /** Every upstream of the options, in their order. */
  readonly upstreams: readonly OpenUpstream[];
  find(name: string): OpenUpstream | undefined;
  /** What a tool gets. @throws Error where there is no upstream of this name: that is a mistake in the tool. */
  access(personId: string, name: string): UpstreamAccess;
  /**
   * Keeps tokens that a callback brought, in the place of what the person had there.
   * @returns false, and nothing is kept, where the person is gone, disabled, or signed out since
   */
  keepTokens(connection: Connection, tokens: NewTokens, peer: Peer): Promise<boolean>;
  /** The same for a key that the person typed. What it is was checked before. */
  keepKey(connection: Connection, key: string, peer: Peer): Promise<boolean>;
  /** Ends what the person has there. False where nothing was there, or the session is over. */
  remove(connection: Connection, peer: Peer): Promise<boolean>;
  list(personId: string): Promise<readonly UpstreamCredentialSummary[]>;
  /** From now on nothing that is in memory of this person counts. */
  personChanged(personId: string): void;
  /** Nothing that is in memory counts. */
  forgetAll(): void;
};

export type Connection = {
  readonly personId: string;
  /** The name of the upstream. */
  readonly name: string;
  /** The hash of the session in which the person asks for it; undefined on a loopback issuer, where there is none. */
  readonly session?: string | undefined;
  /** Epoch milliseconds: when the person asked for it. A sign-out since then ends this too. */
  readonly askedAt?: number | undefined;
};

/** Where a person connects an upstream: the link that a tool answers with. */
export type ConnectUrl = (personId: string, name: string) => Promise<string>;
