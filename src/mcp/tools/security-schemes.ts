import type { JSONRPCRequest, ListToolsResult, McpServer, ServerContext } from "@modelcontextprotocol/server";
import { union } from "../../core/scopes.ts";
import { membersOf } from "../messages/json-rpc.ts";
import type { Registration } from "./registration.ts";
import type { RegistrationView } from "./registrations.ts";

/** What a tool needs of its caller, as ChatGPT reads it in the list of tools. */
export type SecurityScheme =
  | { readonly type: "noauth" }
  | { readonly type: "oauth2"; readonly scopes: readonly string[] };

export type SchemesOf = (tool: Registration) => readonly SecurityScheme[];

/**
 * @param requiredScopes what every request with a token needs
 * @param announced makes them the names under which clients ask for them
 */
export function schemesOf(
  requiredScopes: readonly string[],
  announced: (scopes: readonly string[]) => readonly string[],
): SchemesOf {
  return ({ isPublic, scopes }) =>
    isPublic ? NO_SIGN_IN : [{ type: "oauth2", scopes: announced(union(requiredScopes, scopes)) }];
}

/** Of a tool that anyone may call. */
export const NO_SIGN_IN: readonly SecurityScheme[] = [{ type: "noauth" }];

/** Has the list of tools say what each of them needs. The SDK knows no such member, so its list is added to. */
export function listWithSchemes(
  server: McpServer,
  registrations: Pick<RegistrationView, "tool">,
  schemesOf: SchemesOf,
): void {
  const list = listHandlerOf(server);
  const withSchemes = (tool: ListToolsResult["tools"][number]) => {
    const registration = registrations.tool(tool.name);
    if (!registration) return tool;
    const securitySchemes = schemesOf(registration);
    // In `_meta` too: clients that read tools by the protocol's schema see no other member.
    return { ...tool, securitySchemes, _meta: { ...membersOf(tool._meta), securitySchemes } };
  };
  server.server.setRequestHandler("tools/list", async (request, context) => {
    const { tools, ...rest } = await list({ ...request, jsonrpc: "2.0", id: context.mcpReq.id }, context);
    return { ...rest, tools: tools.map(withSchemes) };
  });
}

type ListHandler = (request: JSONRPCRequest, context: ServerContext) => Promise<ListToolsResult>;

/** What the SDK's server would answer a list with. It tells its subclasses alone. */
function listHandlerOf({ server }: McpServer): ListHandler {
  const handlerOf: unknown = Reflect.get(server, "_getRequestHandler");
  const handler: unknown = typeof handlerOf === "function" && handlerOf.call(server, "tools/list");
  if (typeof handler !== "function")
    throw new Error("This version of the MCP SDK does not show its list of tools.");
  return handler as ListHandler;
}
