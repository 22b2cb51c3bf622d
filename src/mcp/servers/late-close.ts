import type { McpServer } from "@modelcontextprotocol/server";

/**
 * Tells a server a turn later that its transport is closed. The SDK's transport for one request closes itself once it has the
 * answer, while the server still holds the call: a tool would be told to stop after it has succeeded.
 */
export function hearsOfCloseLate(server: McpServer): void {
  const connect: McpServer["connect"] = server.connect.bind(server);
  server.connect = async (transport) => {
    await connect(transport);
    const { onclose } = transport;
    if (onclose) transport.onclose = () => void setImmediate(onclose);
  };
}
