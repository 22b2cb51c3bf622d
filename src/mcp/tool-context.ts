import type { AuthInfo, McpRequestContext, ServerContext } from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";
import { authOfInfo } from "../resource-server/auth-info.ts";

/** Who is calling, as the guard verified it. */
export type Caller = {
  readonly person: Auth["person"];
  readonly client: Auth["client"];
  readonly scopes: Auth["scopes"];
  /** All that the guard verified. */
  readonly auth: Auth;
};

/** What a handler gets beside its arguments: the SDK's context, and who is calling. */
export type ToolContext = ServerContext & Caller;

/**
 * What a handler of something public gets: the SDK's context, and who is calling where a token came along. Without one,
 * `auth` is null, so nothing about a person can be read before that is checked.
 */
export type PublicToolContext = ServerContext & { readonly auth: Auth | null };

/** What an `mcp` factory gets: the SDK's context, and who is calling. */
export type McpContext = McpRequestContext & Caller;

/** @throws Error where no guard stands before the server: nobody is then nobody, and never somebody. */
export function callerOf(authInfo: AuthInfo | undefined): Caller {
  const auth = authOfInfo(authInfo);
  return { person: auth.person, client: auth.client, scopes: auth.scopes, auth };
}

/** @throws Error as {@link callerOf} does. */
export function withCaller(context: ServerContext): ToolContext {
  return { ...context, ...callerOf(context.http?.authInfo) };
}

/** Null where the request came without a token. What did not come through an endpoint of ours is no such request. */
export function possibleAuthOf({ http }: ServerContext): Auth | null {
  return http?.authInfo === undefined ? null : authOfInfo(http.authInfo);
}
