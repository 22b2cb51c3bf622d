import type { AuthInfo, McpRequestContext, ServerContext } from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";
import { authOfInfo } from "../resource-server/auth-info.ts";

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

/** What a handler gets beside its arguments: the SDK's context, and who is calling. */
export type ToolContext = ServerContext & Caller;

/** What an `mcp` factory gets: the SDK's context, and who is calling. */
export type McpContext = McpRequestContext & Caller;

/** @throws Error where no guard stands before the server: nobody is then nobody, and never somebody. */
export function callerOf(authInfo: AuthInfo | undefined): Caller {
  const auth = authOfInfo(authInfo);
  const { person, organization, client, scopes } = auth;
  return { person, organization, client, scopes, auth };
}

/** @throws Error as {@link callerOf} does. */
export function withCaller(context: ServerContext): ToolContext {
  return { ...context, ...callerOf(context.http?.authInfo) };
}
