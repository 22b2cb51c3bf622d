import type { AddressInfo } from "node:net";
import { toWebRequest } from "@modelcontextprotocol/node";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { authOf, gatehouse, metadata } from "../../src/adapters/fastify.ts";
import { protect } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { AUDIENCE, startIssuer } from "../support/issuer.ts";
import { describeAdapter, headerBefore } from "./adapter-suite.ts";
import { mcpHandler } from "./sdk-server.ts";

describeAdapter("Fastify", async ({ routeGuard, documents, reached }) => {
  const { guard, requireScopes } = gatehouse(routeGuard);
  const app = fastify({ forceCloseConnections: true });
  app.addHook("onRequest", async (request, reply) => {
    const header = headerBefore(request.headers["x-before"]);
    if (header) reply.header(...header);
  });
  if (documents) await app.register(metadata(documents));
  app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send({ handled: error.message }));
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  app.get("/open", async () => {
    reached("open");
    return "open";
  });
  app.get("/nobody", async (request) => authOf(request).person.id);

  await app.register(
    async (guarded) => {
      await guarded.register(guard);
      guarded.get("/me", async (request) => {
        reached("me");
        const { person, client, scopes, clientId, extra } = authOf(request);
        return {
          id: person.id,
          client: client.id,
          scopes,
          authInfo: { clientId, person: extra.auth.person.id },
        };
      });
      guarded.get("/fail", async () => {
        reached("fail");
        throw new Error("of the handler");
      });
      guarded.post("/tamper", async (request) => {
        request.auth?.scopes.push("admin");
        return request.auth?.scopes;
      });
      guarded.post("/echo", async (request, reply) => reply.send(request.body));
      guarded.post("/json", async (request) => request.body);
      guarded.get("/list", { onRequest: requireScopes("todo:read") }, async () => {
        reached("list");
        return [];
      });
      guarded.post("/list", { onRequest: requireScopes("todo:write") }, async (_request, reply) => {
        reached("add");
        return reply.code(201).send();
      });
      guarded.all("/mcp", async (request) => {
        const { method, url, raw, body } = request;
        const asWeb = await toWebRequest(Object.assign(raw, { method, url }), body);
        return mcpHandler.fetch(asWeb, { authInfo: authOf(request), parsedBody: body });
      });
    },
    { prefix: "/guarded" },
  );
  app.delete("/single", { onRequest: requireScopes("todo:read", "todo:write") }, async (_request, reply) => {
    reached("single");
    return reply.code(204).send();
  });
  return listening(app);
});

describe("Fastify's contexts", () => {
  const open: FastifyInstance[] = [];
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close();
  });

  async function start(build: (app: FastifyInstance, guard: ReturnType<typeof gatehouse>["guard"]) => void) {
    const app = fastify({ forceCloseConnections: true });
    open.push(app);
    const protection = protect({
      issuer: "https://idp.example",
      audience: AUDIENCE,
      resource: AUDIENCE,
      log: silentLog,
    });
    build(app, gatehouse(protection).guard);
    const { port } = await listening(app);
    return async (method: string, path: string) =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status;
  }
  const ok = async () => "ok";

  it("are guarded for themselves: what is registered beside them stays open", async () => {
    const ask = await start((app, guard) => {
      app.register(async (inner) => {
        await inner.register(guard);
        inner.get("/inner", ok);
        inner.register(async (deeper) => void deeper.get("/x", ok), { prefix: "/deeper" });
      });
      app.get("/outer", ok);
    });
    expect(await ask("GET", "/inner")).toBe(401);
    expect(await ask("GET", "/deeper/x")).toBe(401);
    expect(await ask("OPTIONS", "/deeper/x")).toBe(204);
    expect(await ask("GET", "/outer")).toBe(200);
    expect(await ask("OPTIONS", "/outer")).toBe(404);
  });

  it("are guarded also where nobody awaited the guard, or a route came first", async () => {
    const ask = await start((app, guard) => {
      app.get("/before", ok);
      app.register(guard);
      app.get("/after", ok);
    });
    expect(await ask("GET", "/before")).toBe(401);
    expect(await ask("GET", "/after")).toBe(401);
    expect(await ask("HEAD", "/after")).toBe(401);
  });

  it("are guarded through inject(), too, which no socket brings", async () => {
    const app = fastify();
    open.push(app);
    const issuer = await startIssuer();
    try {
      const protection = protect({
        issuer: issuer.url,
        audience: AUDIENCE,
        resource: AUDIENCE,
        log: silentLog,
      });
      await app.register(gatehouse(protection).guard);
      app.get("/", async (request) => authOf(request).person.id);
      const token = await issuer.mint();
      const inject = async (authorization: string | string[]) =>
        (await app.inject({ url: "/", headers: { authorization } as Record<string, string> })).statusCode;
      expect(await inject(`Bearer ${token}`)).toBe(200);
      expect(await inject([`Bearer ${token}`, "Bearer another"])).toBe(400);
    } finally {
      await issuer.close();
    }
  });

  it("keep OPTIONS routes and methods of their own", async () => {
    const ask = await start((app, guard) => {
      app.register(async (inner) => {
        await inner.register(guard);
        inner.options("/own", ok);
        inner.get("/own", ok);
        inner.route({ method: ["GET", "POST", "OPTIONS"], url: "/all", handler: ok });
        inner.get("/list", ok);
        inner.post("/list", ok);
      });
    });
    for (const path of ["/own", "/all", "/list"]) {
      expect(await ask("OPTIONS", path)).toBe(204);
      expect(await ask("GET", path)).toBe(401);
    }
  });
});

async function listening(app: FastifyInstance) {
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}
