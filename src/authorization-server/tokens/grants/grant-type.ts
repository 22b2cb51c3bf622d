import type { Client } from "../../../core/client.ts";
import type { Params } from "../../../core/params.ts";
import type { Peer } from "../../../http/peer.ts";
import type { TokenResponse } from "../issue-tokens.ts";

/** One way in which an authenticated client asks for tokens. */
export type GrantType = (client: Client, params: Params, peer: Peer) => Promise<TokenResponse>;

/** By what `grant_type` says. */
export type GrantTypes = ReadonlyMap<string, GrantType>;
