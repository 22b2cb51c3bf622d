import type { AuthInfo, McpRequestContext, ServerContext } from "@modelcontextprotocol/server";
import type { Auth } from "../../core/auth.ts";
import type { UpstreamAccess } from "../../core/upstream.ts";
import { authOfInfo } from "../../resource-server/auth-info.ts";

/** Who is calling, as the guard verified it. */
export type Caller = {
  readonly person: Auth["person"];
  /** What the person chose for this client, of the option `organizations`; null where they chose none. */
  readonly organization: Auth["organization"];
  readonly client: Auth["client"];
  readonly scopes: Auth["scopes"];
  /** All that the guard verified. */
  readonly auth: Auth;
};

/** What the person who calls has at other services. */
export type Elsewhere = {
  /**
   * What a tool has of a service, as the person who calls.
   * @param name as in the option `upstreams`
   * @throws Error where the server has no service of this name
   */
  readonly upstream: (name: string) => UpstreamAccess;
};

/** What a handler gets beside its arguments: the SDK's context, who is calling, and what they have elsewhere. */
export type ToolContext = ServerContext & Caller & Elsewhere;

/**
 * What a handler of something public gets: the SDK's context, and who is calling where a token came along. Without one,
 * `auth` is null, so nothing about a person can be read before that is checked.
 */
export type PublicToolContext = ServerContext & { readonly auth: Auth | null };

/** What an `mcp` factory gets: the SDK's context, who is calling, and what they have elsewhere. */
export type McpContext = McpRequestContext & Caller & Elsewhere;

/** @throws Error where no guard stands before the server: nobody is then nobody, and never somebody. */
export function callerOf(authInfo: AuthInfo | undefined): Caller {
  const auth = authOfInfo(authInfo);
  const { person, organization, client, scopes } = auth;
  return { person, organization, client, scopes, auth };
}

/** Null where the request came without a token. What did not come through an endpoint of ours is no such request. */
export function possibleAuthOf({ http }: ServerContext): Auth | null {
  return http?.authInfo === undefined ? null : authOfInfo(http.authInfo);
}
