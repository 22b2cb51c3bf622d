import type { AuthInfo, McpRequestContext, ServerContext } from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";

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

/** What an `mcp` factory gets: the SDK's context, and who is calling. */
export type McpContext = McpRequestContext & Caller;

/**
 * The SDK's form of what the guard verified, one per request: a handler that writes into it reaches nobody else.
 *
 * @param resourceMetadata absolute URL, which the SDK's own scope challenges name (RFC 9728 §5.1)
 */
export function toAuthInfo(auth: Auth, resourceMetadata: string): AuthInfo {
  return {
    token: auth.token,
    clientId: auth.client.id,
    scopes: [...auth.scopes],
    expiresAt: auth.expiresAt,
    // An audience need not be a URL: some providers put an identifier of their own there.
    ...(URL.canParse(auth.audience) && { resource: new URL(auth.audience) }),
    resourceMetadataUrl: resourceMetadata,
    extra: { auth },
  };
}

/**
 * What the guard verified about the request that a handler of an `McpServer` of your own is answering.
 *
 * @throws Error where no guard stands before the server: nobody is then nobody, and never somebody.
 */
export function authOf(context: { readonly http?: { readonly authInfo?: AuthInfo } | undefined }): Auth {
  return authOfInfo(context.http?.authInfo);
}

/** @throws Error as `authOf` does. */
export function callerOf(authInfo: AuthInfo | undefined): Caller {
  const auth = authOfInfo(authInfo);
  return { person: auth.person, client: auth.client, scopes: auth.scopes, auth };
}

/** @throws Error as `authOf` does. */
export function withCaller(context: ServerContext): ToolContext {
  return { ...context, ...callerOf(context.http?.authInfo) };
}

function authOfInfo(authInfo: AuthInfo | undefined): Auth {
  const auth = authInfo?.extra?.auth;
  if (auth === undefined) throw new Error("This request did not come through Gatehouse's guard.");
  return auth as Auth;
}
