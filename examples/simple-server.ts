import { createOAuthServer } from "mcp-gatehouse";
import { z } from "zod";
import { signInBy } from "./sign-in.ts";

const server = createOAuthServer("my-app", signInBy(checkMyUsers));

server.registerTool(
  "echo",
  { description: "Echo back the input message.", inputSchema: z.object({ message: z.string() }) },
  ({ message }) => ({ content: [{ type: "text", text: `Echo: ${message}` }] }),
);

await server.listen(); // http://localhost:3000/mcp

function checkMyUsers(username: string, password: string): string | null {
  return username === "ada" && password === "lovelace" ? "ada" : null;
}
