import { createServer } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import express, { type ErrorRequestHandler } from "express";
import { authOf, gatehouse, metadata } from "../../src/adapters/express.ts";
import { listening } from "../support/listening.ts";
import { describeAdapter, headerBefore } from "./adapter-suite.ts";
import { mcpHandler } from "./sdk-server.ts";

describeAdapter(
  "Express",
  async ({ routeGuard, documents, reached }) => {
    const { guard, requireScopes } = gatehouse(routeGuard);
    const app = express();
    app.use((req, res, next) => {
      const header = headerBefore(req.headers["x-before"]);
      if (header) res.set(...header);
      next();
    });
    if (documents) app.use(metadata(documents));
    app.get("/open", (_req, res) => {
      reached("open");
      res.send("open");
    });
    app.get("/nobody", (req, res) => void res.send(authOf(req).person.id));

    const guarded = express.Router();
    guarded.get("/me", (req, res) => {
      reached("me");
      const { person, client, scopes, clientId, extra } = authOf(req);
      res.json({
        id: person.id,
        client: client.id,
        scopes,
        authInfo: { clientId, person: extra.auth.person.id },
      });
    });
    guarded.get("/fail", () => {
      reached("fail");
      throw new Error("of the handler");
    });
    guarded.post("/tamper", (req, res) => {
      req.auth?.scopes.push("admin");
      res.json(req.auth?.scopes);
    });
    guarded.post("/echo", (req, res) => void req.pipe(res));
    guarded.post("/json", express.json(), (req, res) => void res.json(req.body));
    guarded.get("/list", requireScopes("todo:read"), (_req, res) => {
      reached("list");
      res.json([]);
    });
    guarded.post("/list", requireScopes("todo:write"), (_req, res) => {
      reached("add");
      res.status(201).end();
    });
    // As docs/routes.md says it: with a body parser before it, and without one.
    const sdk = toNodeHandler(mcpHandler);
    guarded.all("/mcp", (req, res) => sdk(req, res, req.body));
    guarded.all("/parsed-mcp", express.json(), (req, res) => sdk(req, res, req.body));
    app.use("/guarded", guard, guarded);
    app.delete("/single", requireScopes("todo:read", "todo:write"), (_req, res) => {
      reached("single");
      res.status(204).end();
    });
    app.use(((error: Error, _req, res, _next) => {
      res.status(418).json({ handled: error.message });
    }) satisfies ErrorRequestHandler);

    const server = createServer(app);
    const port = await listening(server);
    return {
      port,
      close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
    };
  },
  ["/guarded/mcp", "/guarded/parsed-mcp"],
);
