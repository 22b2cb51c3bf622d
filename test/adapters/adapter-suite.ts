import { once } from "node:events";
import { type IncomingMessage, request as nodeRequest } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { AnyRouteGuard, Documented } from "../../src/adapters/admit.ts";
import { createOAuthServer, type ProtectOptions, protect } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import type { RequestHead } from "../../src/resource-server/guard.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { ADMIN_CALL, whoamiInBothEras } from "./sdk-server.ts";

/** What an application of a framework is given; it calls `reached` in every handler. */
export type AppParts = {
  readonly routeGuard: AnyRouteGuard;
  /** Serves its documents, where it is given. */
  readonly documents?: Documented;
  reached(route: string): void;
};

/**
 * Starts an application with these routes, on a port of its own:
 *
 * - `GET /open` → "open"; `GET /nobody` → the `id` of a person whom no guard let in
 * - behind the guard: `GET /guarded/me` → `{ id, client, scopes, authInfo }`; `GET /guarded/fail` throws
 *   `Error("of the handler")`; `POST /guarded/tamper` writes "admin" into the scopes; `POST /guarded/echo` → the body as
 *   it comes; `POST /guarded/json` → the body as the framework parses JSON; `GET /guarded/list` needs todo:read, `POST
 *   /guarded/list` needs todo:write (201); `/guarded/mcp` is `mcpHandler` of sdk-server.ts, whatever the method
 * - `DELETE /single` needs todo:read and todo:write, with no guard around it (→ 204)
 * - before all of them, a middleware that sets the response header that the request header `x-before: name=value` says
 * - an error handler of the framework, which answers 418 `{ handled: message }`
 */
export type StartApp = (parts: AppParts) => Promise<{ readonly port: number; close(): Promise<unknown> }>;

const SCOPES = {
  supportedScopes: ["mcp", "todo:read", "todo:write"],
  requiredScopes: ["mcp"],
  scopeImplies: { "todo:write": ["todo:read"] },
};

/** One application behind `protect`, and one behind a server of `createOAuthServer`: an adapter takes either. */
const GUARDS = {
  protect: (issuer: Pick<Issuer, "url">, options: object) =>
    protect({
      issuer: issuer.url,
      audience: AUDIENCE,
      resource: AUDIENCE,
      log: silentLog,
      ...SCOPES,
      ...options,
    } as ProtectOptions),
  createOAuthServer: (issuer: Pick<Issuer, "url">, options: object) =>
    createOAuthServer(
      "Test",
      { authorization: { issuer: issuer.url, audience: AUDIENCE } },
      { publicUrl: new URL(AUDIENCE).origin, log: silentLog, ...SCOPES, ...options },
    ),
};

/**
 * What every adapter must do, asked over a real listener.
 * @param sdkPaths where `mcpHandler` stands, with whatever the framework puts before it
 */
export function describeAdapter(
  name: string,
  startApp: StartApp,
  sdkPaths: readonly string[] = ["/guarded/mcp"],
): void {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function startWith(parts: Omit<AppParts, "reached">) {
    const routes: string[] = [];
    const { port, close } = await startApp({ ...parts, reached: (route) => routes.push(route) });
    closing.push(close);
    const ask = (path: string, { token, ...init }: RequestInit & { token?: string } = {}) => {
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      return fetch(`http://127.0.0.1:${port}${path}`, { redirect: "manual", ...init, headers });
    };
    return { port, ask, routes };
  }

  async function start(options: object = {}) {
    const issuer = await startIssuer();
    closing.push(issuer.close);
    const protection = GUARDS.protect(issuer, options);
    return { issuer, ...(await startWith({ routeGuard: protection, documents: protection })) };
  }

  describe.each(Object.entries(GUARDS))(`${name}, behind %s`, (_, openGuard) => {
    async function startGuarded(options: object = {}) {
      const issuer = await startIssuer();
      closing.push(issuer.close);
      return { issuer, ...(await startWith({ routeGuard: openGuard(issuer, options) })) };
    }

    it("lets in who has a sound token, and tells the handler who it is", async () => {
      const { issuer, ask, routes } = await startGuarded();
      const response = await ask("/guarded/me", { token: await issuer.mint({ scope: "mcp todo:read" }) });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        id: "ada",
        client: "client",
        scopes: ["mcp", "todo:read"],
        authInfo: { clientId: "client", person: "ada" },
      });
      expect(routes).toEqual(["me"]);
    });

    it("challenges without an error where there is no token, and the handler is not reached", async () => {
      const { ask, routes } = await startGuarded();
      for (const [path, method, scope] of [
        ["/guarded/me", "GET", "mcp"],
        ["/guarded/me", "HEAD", "mcp"],
        ["/guarded/me?access_token=x", "GET", "mcp"],
        ["/guarded/json", "POST", "mcp"],
        ["/guarded/list", "GET", "mcp"],
        // No guard around it that would answer first: what the route needs is known.
        ["/single", "DELETE", "mcp todo:read todo:write"],
      ] as const) {
        const response = await ask(path, { method });
        expect(response.status).toBe(401);
        expect(response.headers.get("www-authenticate")).toBe(
          `Bearer scope="${scope}", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"`,
        );
        expect(response.headers.get("cache-control")).toBe("no-store");
      }
      expect(await (await ask("/open")).text()).toBe("open");
      expect(routes).toEqual(["open"]);
    });

    it("refuses bad tokens: another server's, an expired one, a scribble, two at once", async () => {
      const { issuer, port, ask, routes } = await startGuarded();
      const seconds = Math.floor(Date.now() / 1000);
      for (const token of [
        await issuer.mint({ aud: "https://other.example" }),
        await issuer.mint({ exp: seconds - 60 }),
        "scribble",
      ]) {
        const response = await ask("/guarded/me", { token });
        expect(response.status).toBe(401);
        expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
        expect(await response.json()).toMatchObject({ error: "invalid_token" });
      }
      const sound = await issuer.mint();
      // The first is sound: who reads only one of the two is told something else than who reads the other.
      const twice = `GET /guarded/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${sound}\r\nAuthorization: Bearer y\r\nConnection: close\r\n\r\n`;
      expect(await raw(port, twice)).toMatch(/^HTTP\/1.1 400 /);
      expect(routes).toEqual([]);
    });

    it("asks for every scope that a route needs at once", async () => {
      const { issuer, ask, routes } = await startGuarded();
      const reader = await issuer.mint({ scope: "mcp todo:read" });
      expect((await ask("/guarded/list", { token: reader })).status).toBe(200);
      const refused = await ask("/guarded/list", { token: reader, method: "POST" });
      expect(refused.status).toBe(403);
      expect(refused.headers.get("www-authenticate")).toContain('scope="mcp todo:read todo:write"');
      expect(refused.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
      expect(await refused.json()).toEqual({
        error: "insufficient_scope",
        error_description: "This needs the scope todo:write.",
        scope: "mcp todo:read todo:write",
      });
      const plain = await ask("/single", { token: await issuer.mint(), method: "DELETE" });
      expect(plain.status).toBe(403);
      expect(plain.headers.get("www-authenticate")).toContain('scope="mcp todo:read todo:write"');
      const without = await ask("/guarded/me", { token: await issuer.mint({ scope: "todo:write" }) });
      expect(without.status).toBe(403);
      // What every request needs and what this one does, in one challenge: one step up is enough.
      const neither = await ask("/single", {
        token: await issuer.mint({ scope: "other" }),
        method: "DELETE",
      });
      expect(neither.status).toBe(403);
      expect(neither.headers.get("www-authenticate")).toContain('scope="other mcp todo:read todo:write"');
      expect(routes).toEqual(["list"]);
    });

    it("lets a broader scope do for the narrower one, on single routes too", async () => {
      const { issuer, ask, routes } = await startGuarded();
      const writer = await issuer.mint({ scope: "mcp todo:write" });
      expect((await ask("/guarded/list", { token: writer })).status).toBe(200);
      expect((await ask("/guarded/list", { token: writer, method: "POST" })).status).toBe(201);
      expect((await ask("/single", { token: writer, method: "DELETE" })).status).toBe(204);
      expect(routes).toEqual(["list", "add", "single"]);
    });

    it("says 503 while the provider is down and nothing is cached: never that a token is bad", async () => {
      const { issuer, ask, routes } = await startGuarded();
      const token = await issuer.mint();
      issuer.down = true;
      const response = await ask("/guarded/me", { token });
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
      expect(response.headers.get("www-authenticate")).toBeNull();
      expect(routes).toEqual([]);
    });

    it("answers a preflight before any authentication, and lets pages read refusals and answers", async () => {
      const { issuer, ask, routes } = await startGuarded();
      const headers = { origin: "https://app.example", "access-control-request-method": "POST" };
      for (const path of ["/guarded/list", "/guarded/echo"]) {
        const response = await ask(path, { method: "OPTIONS", headers });
        expect(response.status).toBe(204);
        expect(response.headers.get("access-control-allow-origin")).toBe("*");
        expect(response.headers.get("access-control-allow-methods")).toContain("POST");
        expect(response.headers.get("access-control-allow-headers")).toContain("Authorization");
      }
      expect(routes).toEqual([]);
      for (const [path, status] of [
        ["/guarded/me", 200],
        ["/guarded/fail", 418],
        ["/guarded/list", 403],
        ["/guarded/me", 401],
      ] as const) {
        const token = status === 401 ? "scribble" : await issuer.mint();
        const response = await ask(path, { token, headers: { origin: "https://app.example" } });
        expect(response.status).toBe(status);
        expect(response.headers.get("access-control-allow-origin")).toBe("*");
        expect(response.headers.get("access-control-expose-headers")).toContain("WWW-Authenticate");
      }
      const noPage = await ask("/guarded/me", { token: await issuer.mint() });
      expect(noPage.headers.get("access-control-allow-origin")).toBeNull();
    });

    it("opens to the pages that the option names, and to no others", async () => {
      const { issuer, ask } = await startGuarded({ cors: ["https://app.example"] });
      const token = await issuer.mint({ scope: "mcp todo:read" });
      const from = (origin: string, init: object) =>
        ask("/guarded/list", { ...init, headers: { origin, "access-control-request-method": "GET" } });
      for (const init of [{ token }, {}, { method: "OPTIONS" }]) {
        const named = await from("https://app.example", init);
        expect(named.headers.get("access-control-allow-origin")).toBe("https://app.example");
        expect(named.headers.get("vary")).toBe("Origin");
        const other = await from("https://evil.example", init);
        expect(other.headers.get("access-control-allow-origin")).toBeNull();
        expect(other.headers.get("vary")).toContain("Origin");
      }
    });
  });

  describe(name, () => {
    it("passes bodies on untouched: as bytes, as what the framework parses, and while they are still coming", async () => {
      const { issuer, port, ask } = await start();
      const token = await issuer.mint();
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      const echoed = await ask("/guarded/echo", {
        token,
        method: "POST",
        body: bytes,
        headers: { "content-type": "application/octet-stream" },
      });
      expect(new Uint8Array(await echoed.arrayBuffer())).toEqual(bytes);
      const parsed = await ask("/guarded/json", {
        token,
        method: "POST",
        body: '{"title":"hé"}',
        headers: { "content-type": "application/json" },
      });
      expect(await parsed.json()).toEqual({ title: "hé" });

      const upload = nodeRequest({
        port,
        host: "127.0.0.1",
        path: "/guarded/echo",
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" },
      });
      upload.write("first ");
      const [response] = (await once(upload, "response")) as [IncomingMessage];
      expect(String((await once(response, "data"))[0])).toBe("first ");
      upload.end("second");
      expect(await text(response)).toBe("second");
    });

    it.each(sdkPaths)(
      "lets a server of the SDK stand behind it, which then knows who is calling (%s)",
      async (path) => {
        const { issuer, port } = await start();
        for (const person of ["ada", "grace"]) {
          const token = await issuer.mint({ sub: person });
          for (const said of await whoamiInBothEras(`http://127.0.0.1:${port}${path}`, token)) {
            expect(said).toEqual({
              person: { id: person },
              client: { id: "client", name: null },
              scopes: ["mcp"],
              issuer: issuer.url,
            });
          }
        }
      },
    );

    it("lets that server challenge by itself, with the same metadata as the guard", async () => {
      const { issuer, ask } = await start();
      expect((await ask("/guarded/mcp", ADMIN_CALL)).status).toBe(401);
      const refused = await ask("/guarded/mcp", { ...ADMIN_CALL, token: await issuer.mint() });
      expect(refused.status).toBe(403);
      expect(refused.headers.get("www-authenticate")).toContain(
        'resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"',
      );
    });

    it("leaves what handlers throw to the framework", async () => {
      const { issuer, ask, routes } = await start();
      const response = await ask("/guarded/fail", { token: await issuer.mint() });
      expect(response.status).toBe(418);
      expect(await response.json()).toEqual({ handled: "of the handler" });
      expect(routes).toEqual(["fail"]);
    });

    it("lets nobody in where the guard itself fails", async () => {
      const failing = () => Promise.reject(new Error("of the guard"));
      const { authInfo } = GUARDS.createOAuthServer({ url: "https://idp.example" }, {});
      const routeGuard = {
        guard: failing,
        requireScopes: () => undefined,
        corsHeaders: () => ({}),
        authInfo,
      };
      const { ask, routes } = await startWith({ routeGuard });
      for (const [path, method] of [
        ["/guarded/me", "GET"],
        ["/single", "DELETE"],
      ] as const) {
        const response = await ask(path, { method });
        expect(await response.json()).toEqual({ handled: "of the guard" });
      }
      expect(routes).toEqual([]);
    });

    it("asks for a route's scopes also where somebody wrapped the guard and passed on only the request", async () => {
      const issuer = await startIssuer();
      closing.push(issuer.close);
      const protection = GUARDS.protect(issuer, {});
      const wrapped = { ...protection, guard: (request: RequestHead) => protection.guard(request) };
      const { ask, routes } = await startWith({ routeGuard: wrapped });
      expect((await ask("/single", { token: await issuer.mint(), method: "DELETE" })).status).toBe(403);
      expect(routes).toEqual([]);
    });

    it("knows nobody where no guard stands", async () => {
      const { issuer, ask } = await start();
      const response = await ask("/nobody", { token: await issuer.mint() });
      expect(response.status).toBe(418);
      expect(await response.text()).not.toContain("ada");
    });

    it("gives each request an object of its own: what a handler writes into it reaches no other", async () => {
      const { issuer, ask } = await start();
      const token = await issuer.mint();
      expect(await (await ask("/guarded/tamper", { token, method: "POST" })).json()).toContain("admin");
      expect(await (await ask("/guarded/me", { token })).json()).toMatchObject({ scopes: ["mcp"] });
    });

    it("lets a CORS middleware decide that stands before it, and adds to a Vary that others began", async () => {
      const { issuer, ask } = await start({ cors: ["https://app.example"] });
      const token = await issuer.mint({ scope: "mcp todo:read" });
      const from = (before: string) =>
        ask("/guarded/list", { token, headers: { origin: "https://app.example", "x-before": before } });
      const decided = await from("access-control-allow-origin=https://own.example");
      expect(decided.headers.get("access-control-allow-origin")).toBe("https://own.example");
      expect(decided.headers.get("access-control-expose-headers")).toBeNull();
      const begun = await from("vary=Accept-Encoding");
      expect(begun.headers.get("vary")).toBe("Accept-Encoding, Origin");
      expect(begun.headers.get("access-control-allow-origin")).toBe("https://app.example");
    });

    it("serves the discovery documents at their path and root forms, to every page", async () => {
      const { issuer, port, ask } = await start({ cors: ["https://app.example"] });
      const targets = ["/mcp", ""].map((path) => `/.well-known/oauth-protected-resource${path}`);
      for (const target of targets) {
        const response = await ask(target, { headers: { origin: "https://any.example" } });
        expect(response.status).toBe(200);
        expect(response.headers.get("access-control-allow-origin")).toBe("*");
        expect(response.headers.get("content-type")).toContain("application/json");
        expect(await response.json()).toMatchObject({
          resource: AUDIENCE,
          authorization_servers: [issuer.url],
        });
        expect((await ask(target, { method: "OPTIONS" })).status).toBe(204);
        expect((await ask(target, { method: "HEAD" })).status).toBe(200);
        const posted = await ask(target, { method: "POST", body: "{}" });
        expect(posted.status).toBe(405);
        expect(posted.headers.get("allow")).toBe("GET");
      }
      const redirect = await ask("/.well-known/oauth-authorization-server/mcp");
      expect(redirect.status).toBe(302);
      expect(redirect.headers.get("location")).toBe(`${issuer.url}/.well-known/openid-configuration`);
      issuer.down = true;
      // RFC 9112 §3.2.2: a server takes the absolute form too.
      const absolute = `GET http://any.example${targets[0]} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      expect(await raw(port, absolute)).toContain(AUDIENCE);
    });

    it("passes every other path on", async () => {
      const { port, ask, routes } = await start();
      expect((await ask("/.well-known/other")).status).toBe(404);
      expect((await ask("/open")).status).toBe(200);
      for (const target of ["//[/guarded/me", "//evil.example/guarded/me", "*", "http://["]) {
        const answer = await raw(port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
        expect(answer).not.toMatch(/^HTTP\/1.1 (200|5\d\d)/);
      }
      expect(routes).toEqual(["open"]);
    });
  });
}

/** The answer to bytes as they are. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}

/** What the middleware before all routes sets: a header's name and its value, or nothing. */
export function headerBefore(said: unknown): readonly [string, string] | undefined {
  const [name, value] = typeof said === "string" ? said.split("=") : [];
  return name && value ? [name, value] : undefined;
}
