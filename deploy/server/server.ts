import { createHash, timingSafeEqual } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { createOAuthServer } from "mcp-gatehouse";
import { z } from "zod";

// What differs from one place to another comes from the environment: docs/options.md has every variable.
const server = createOAuthServer("my-app", (username, password) => checkMyUsers(username, password));

server.registerTool(
  "echo",
  { description: "Echo back the input message.", inputSchema: z.object({ message: z.string() }) },
  ({ message }) => ({ content: [{ type: "text", text: `Echo: ${message}` }] }),
);

server.registerTool("whoami", { description: "Who you are to this server." }, ({ person, client }) => ({
  content: [{ type: "text", text: `${person.id}, through ${client.name ?? client.id}` }],
}));

// If the steps arrive one by one, nothing between this server and its client holds streams back.
server.registerTool(
  "count",
  {
    description: "Count to a number, and report each step when it is reached.",
    inputSchema: z.object({
      to: z.int().min(1).max(100),
      pause_ms: z.int().min(0).max(10_000).default(1000),
    }),
  },
  async ({ to, pause_ms: pauseMs }, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (let progress = 1; progress <= to; progress += 1) {
      if (progressToken !== undefined) {
        await mcpReq.notify({
          method: "notifications/progress",
          params: { progressToken, progress, total: to },
        });
      }
      await setTimeout(pauseMs, undefined, { signal: mcpReq.signal });
    }
    return { content: [{ type: "text", text: `Counted to ${to}.` }] };
  },
);

await server.listen();

/**
 * Yours: ask the table, the directory or the service that knows your people. This one knows only Ada, and no one where
 * no password is set.
 */
function checkMyUsers(username: string, password: string): string | null {
  const right = process.env.ADA_PASSWORD;
  return right && username === "ada" && isSame(password, right) ? "ada" : null;
}

/** In the same time wherever the two differ. */
function isSame(given: string, right: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(right));
}
