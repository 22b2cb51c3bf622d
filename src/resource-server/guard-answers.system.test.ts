import { afterEach, beforeEach, expect, it } from "vitest";
import { callTool } from "../../test/support/client.ts";
import { startServer } from "../../test/support/server.ts";
import { silentLog } from "../platform/logging.ts";
import { protect } from "./protect.ts";

// `@hono/node-server` 1.x puts a class of its own in the place of the global `Response`, and leaves it the former `json`.
const former = globalThis.Response;

beforeEach(() => {
  const replaced = class extends former {};
  Object.defineProperty(replaced, "json", { value: former.json.bind(former) });
  globalThis.Response = replaced;
});
afterEach(() => {
  globalThis.Response = former;
});

const PROVIDER = {
  issuer: "https://idp.example",
  audience: "https://mcp.example/mcp",
  resource: "https://mcp.example/mcp",
  log: silentLog,
};

it.each([{}, { authorization: "Bearer junk" }, { authorization: "Basic x" }])(
  "a refusal is a Response to whoever asks: %j",
  async (headers) => {
    expect(Response.json({})).not.toBeInstanceOf(Response);
    const { guard } = protect(PROVIDER);
    const answer = await guard(new Request("https://mcp.example/mcp", { headers }));
    expect(answer).toBeInstanceOf(Response);
    expect((answer as Response).status).toBeGreaterThanOrEqual(400);
  },
);

it("the MCP endpoint lets nobody in that the guard refuses", async () => {
  const server = await startServer();
  const refused = await callTool(server, "junk");
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toContain("invalid_token");
  expect((await callTool(server, undefined)).status).toBe(401);
  await server.drain();
  await server.close();
});
