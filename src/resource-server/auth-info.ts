import type { AuthInfo } from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";
import { protectedResourceMetadataUrl } from "../core/metadata.ts";

/** The SDK's form of what the guard verified, with the whole of it inside. */
export type GuardedAuthInfo = AuthInfo & { readonly extra: { readonly auth: Auth } };

/**
 * Makes the `authInfo` that handlers of the official SDK take, one for each request: a handler that writes into it
 * reaches nobody else. Its challenges then name the same metadata as the guard's (RFC 9728 §5.1).
 */
export function authInfoFor(resource: string): (auth: Auth) => GuardedAuthInfo {
  const resourceMetadataUrl = protectedResourceMetadataUrl(resource);
  return (auth) => ({
    token: auth.token,
    clientId: auth.client.id,
    scopes: [...auth.scopes],
    expiresAt: auth.expiresAt,
    resource: new URL(resource),
    resourceMetadataUrl,
    extra: { auth },
  });
}

/**
 * What the guard verified about the request that a handler of an `McpServer` of your own is answering.
 *
 * @throws Error where no guard stands before the server: nobody is then nobody, and never somebody.
 * @example
 * ```ts
 * import { McpServer } from "@modelcontextprotocol/server";
 * import { authOf } from "mcp-gatehouse";
 *
 * const server = new McpServer({ name: "notes", version: "1.0.0" });
 * server.registerTool("whoami", {}, (context) => ({
 *   content: [{ type: "text", text: authOf(context).person.id }],
 * }));
 * ```
 */
export function authOf(context: { readonly http?: { readonly authInfo?: AuthInfo } | undefined }): Auth {
  return authOfInfo(context.http?.authInfo);
}

/** @throws Error as {@link authOf} does. */
export function authOfInfo(authInfo: AuthInfo | undefined): Auth {
  const auth = authInfo?.extra?.auth;
  if (auth === undefined) throw new Error("This request did not come through Gatehouse's guard.");
  return auth as Auth;
}
