import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { type AuthEnv, gatehouse, metadata } from "../../src/adapters/hono.ts";
import { listening } from "../support/listening.ts";
import { describeAdapter, headerBefore } from "./adapter-suite.ts";
import { mcpHandler } from "./sdk-server.ts";

describeAdapter("Hono", async ({ routeGuard, documents, reached }) => {
  const { guard, requireScopes } = gatehouse(routeGuard);
  const app = new Hono<AuthEnv>();
  app.use(async (c, next) => {
    const header = headerBefore(c.req.header("x-before"));
    if (header) c.header(...header);
    await next();
  });
  if (documents) app.use(metadata(documents));
  app.get("/open", (c) => {
    reached("open");
    return c.text("open");
  });
  app.get("/nobody", (c) => c.text(c.get("auth").person.id));
  app.use("/guarded/*", guard);
  app.get("/guarded/me", (c) => {
    reached("me");
    const { person, client, scopes, clientId, extra } = c.get("auth");
    return c.json({
      id: person.id,
      client: client.id,
      scopes,
      authInfo: { clientId, person: extra.auth.person.id },
    });
  });
  app.get("/guarded/fail", () => {
    reached("fail");
    throw new Error("of the handler");
  });
  app.post("/guarded/tamper", (c) => {
    const { scopes } = c.get("auth");
    (scopes as string[]).push("admin");
    return c.json(scopes);
  });
  app.post("/guarded/echo", (c) => new Response(c.req.raw.body));
  app.post("/guarded/json", async (c) => c.json(await c.req.json()));
  app.get("/guarded/list", requireScopes("todo:read"), (c) => {
    reached("list");
    return c.json([]);
  });
  app.post("/guarded/list", requireScopes("todo:write"), (c) => {
    reached("add");
    return c.body(null, 201);
  });
  app.all("/guarded/mcp", (c) => mcpHandler.fetch(c.req.raw, { authInfo: c.get("auth") }));
  app.delete("/single", requireScopes("todo:read", "todo:write"), (c) => {
    reached("single");
    return c.body(null, 204);
  });
  app.onError((error, c) => c.json({ handled: error.message }, 418));

  // As most programs run it: with the listener's own Request and Response in place of the global ones.
  const server = createServer(getRequestListener(app.fetch));
  const port = await listening(server);
  return {
    port,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
});
