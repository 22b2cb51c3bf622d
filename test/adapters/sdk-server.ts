import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createMcpHandler, McpServer, requireScopes } from "@modelcontextprotocol/server";
import { authOf } from "../../src/index.ts";

/** An SDK server of one's own, to stand behind a guard: its tools ask the context who is calling. */
export const mcpHandler = createMcpHandler(() => {
  const server = new McpServer({ name: "own", version: "1.0.0" });
  server.registerTool("whoami", {}, (context) => {
    const { person, client, scopes, issuer } = authOf(context);
    return { content: [{ type: "text", text: JSON.stringify({ person, client, scopes, issuer }) }] };
  });
  server.registerTool("admin", { scopeChallenge: requireScopes("admin") }, () => ({ content: [] }));
  return server;
});

/** What it says to a client of each era that comes with this token. */
export async function whoamiInBothEras(url: string, token: string): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  for (const versionNegotiation of [{ mode: "legacy" }, { mode: { pin: "2026-07-28" } }] as const) {
    const client = new Client({ name: "test", version: "1.0.0" }, { versionNegotiation });
    const authProvider = { token: async () => token };
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
    const { content } = await client.callTool({ name: "whoami", arguments: {} });
    said.push(JSON.parse((content as { text: string }[])[0]?.text ?? ""));
    await client.close();
  }
  return said;
}

/** A call of the tool that asks for a scope by itself. */
export const ADMIN_CALL = {
  method: "POST",
  headers: {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2025-11-25",
  },
  body: JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "admin", arguments: {} },
  }),
};
