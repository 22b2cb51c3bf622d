import { createServer } from "node:http";
import express from "express";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { mount } from "../../src/adapters/express.ts";
import { callTool, connect, RESOURCE } from "../support/client.ts";
import { listening } from "../support/listening.ts";
import { reach } from "../support/network.ts";
import { startServer } from "../support/server.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serving(app: express.Express): Promise<string> {
  const listener = createServer(app);
  const port = await listening(listener);
  closing.push(() => listener.close().closeAllConnections());
  return `http://127.0.0.1:${port}`;
}

async function startTestServer(options = {}) {
  const server = await startServer(options);
  closing.push(server.close);
  return server;
}

describe("a server inside an Express application", () => {
  it.each([
    ["no body parser", []],
    ["express.json()", [express.json()]],
    ["express.json() and express.urlencoded()", [express.json(), express.urlencoded()]],
    ["express.text() and express.raw()", [express.text({ type: "application/*" }), express.raw()]],
    ["express.raw() for everything", [express.raw({ type: () => true })]],
  ])("behind %s: registration, sign-in, tokens and tools", async (_, parsers) => {
    const server = await startTestServer();
    const app = express();
    for (const parser of parsers) app.use(parser);
    const there = reach(await serving(app.use(mount(server))));
    const { access_token: token } = await connect(there);
    const answer = await callTool(there, token, "whoami");
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("ada");
  });

  it("tells the server from where requests come, as the application sees it", async () => {
    const server = await startTestServer();
    const app = express().set("trust proxy", "loopback");
    const origin = await serving(app.use(mount(server)));
    await fetch(`${origin}/oauth/token`, {
      method: "POST",
      headers: { "x-forwarded-for": "198.51.100.7" },
      body: new URLSearchParams({ grant_type: "password" }),
    });
    expect(server.lines.at(-1)?.fields.address).toBe("198.51.100.7");
  });

  it("below a path answers where publicUrl says it", async () => {
    const server = await startTestServer({ publicUrl: "https://mcp.example/app" });
    const origin = await serving(express().use("/app", mount(server)));
    const unauthorized = await fetch(`${origin}/app/mcp`, { method: "POST" });
    expect(unauthorized.status).toBe(401);
    expect(unauthorized.headers.get("www-authenticate")).toContain(
      "https://mcp.example/.well-known/oauth-protected-resource/app/mcp",
    );
  });
});

describe("a server below a path that it does not know", () => {
  it("names the path that it expects", async () => {
    const server = await startTestServer();
    const origin = await serving(express().use("/app", mount(server)));
    const response = await fetch(`${origin}/app/mcp`);
    expect(response.status).toBe(404);
    expect(await response.text()).toMatch(/\/app\/mcp.* at \/mcp, as publicUrl and path say/);
  });

  it("does so where Hono took the path away", async () => {
    const server = await startTestServer({ publicUrl: "https://mcp.example/app" });
    const app = new Hono().mount("/app", (request) => server.fetch(request));
    const response = await app.request(`${new URL(RESOURCE).origin}/app/mcp`);
    expect(response.status).toBe(404);
    expect(await response.text()).toMatch(/\/mcp\. .* at \/app\/mcp, as publicUrl and path say/);
  });
});
