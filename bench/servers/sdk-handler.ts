import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

/** One tool that does nothing much, as the SDK's documentation serves it: by a server for each request. */
export function sdkHandler() {
  const input = z.object({ text: z.string() });
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: "Bench", version: "1.0.0" });
    server.registerTool("echo", { description: "Says it back.", inputSchema: input }, ({ text }) => ({
      content: [{ type: "text", text }],
    }));
    return server;
  });
  return toNodeHandler(handler);
}
