import { describe, expect, it } from "vitest";
import { RESOURCE } from "../support/client.ts";
import { startServer } from "../support/server.ts";

const get = async (server: Awaited<ReturnType<typeof startServer>>, url: string, init?: RequestInit) =>
  server.fetch(new Request(new URL(url, "https://mcp.example"), init));

const documentAt = async (server: Awaited<ReturnType<typeof startServer>>, url: string) =>
  (await (await get(server, url)).json()) as Readonly<Record<string, unknown>>;

describe("protected resource metadata (RFC 9728)", () => {
  it.each(["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"])(
    "at %s",
    async (path) => {
      const server = await startServer();
      const response = await get(server, path);
      expect(response.status).toBe(200);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(await response.json()).toEqual({
        resource: RESOURCE,
        authorization_servers: ["https://mcp.example"],
        scopes_supported: ["mcp"],
        bearer_methods_supported: ["header"],
        resource_name: "Test App",
      });
    },
  );

  it("names everything where nothing is required", async () => {
    const server = await startServer({ requiredScopes: [] });
    const document = await documentAt(server, "/.well-known/oauth-protected-resource");
    expect(document.scopes_supported).toEqual(["mcp", "todo:read", "todo:write"]);
  });
});

describe("authorization server metadata (RFC 8414)", () => {
  it.each(["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"])(
    "at %s",
    async (path) => {
      const server = await startServer();
      const document = await documentAt(server, path);
      expect(document).toMatchObject({
        issuer: "https://mcp.example",
        authorization_endpoint: "https://mcp.example/oauth/authorize",
        token_endpoint: "https://mcp.example/oauth/token",
        registration_endpoint: "https://mcp.example/oauth/register",
        revocation_endpoint: "https://mcp.example/oauth/revoke",
        introspection_endpoint: "https://mcp.example/oauth/introspect",
        jwks_uri: "https://mcp.example/oauth/jwks",
        response_types_supported: ["code"],
        grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: true,
      });
      expect(document.scopes_supported).toContain("offline_access");
      expect(document.token_endpoint_auth_methods_supported).toContain("none");
      expect(document.introspection_endpoint_auth_methods_supported).not.toContain("none");
    },
  );

  it("is inserted before an issuer's path, byte for byte its issuer, and appended after it", async () => {
    const server = await startServer({ publicUrl: "https://mcp.example/team/" });
    for (const path of [
      "/.well-known/oauth-authorization-server/team",
      "/.well-known/openid-configuration/team",
      "/team/.well-known/oauth-authorization-server",
      "/team/.well-known/openid-configuration",
    ]) {
      const document = await documentAt(server, path);
      expect(document.issuer).toBe("https://mcp.example/team/");
      expect(document.token_endpoint).toBe("https://mcp.example/team/oauth/token");
    }
    const resource = await documentAt(server, "/.well-known/oauth-protected-resource/team/mcp");
    expect(resource.resource).toBe("https://mcp.example/team/mcp");
    expect(resource.authorization_servers).toEqual(["https://mcp.example/team/"]);
  });

  it("comes from the public URL, whatever Host and forwarded headers say", async () => {
    const server = await startServer();
    const response = await server.fetch(
      new Request("http://10.0.0.5:3000/.well-known/oauth-authorization-server", {
        headers: { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "http" },
      }),
    );
    expect(JSON.stringify(await response.json())).not.toContain("evil");
  });
});

describe("every discovery document", () => {
  const DOCUMENTS = [
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/oauth/jwks",
  ];

  it.each(DOCUMENTS)("%s answers HEAD, preflights and CORS, and refuses POST", async (path) => {
    const server = await startServer();
    const head = await get(server, path, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    const preflight = await get(server, path, {
      method: "OPTIONS",
      headers: {
        origin: "http://localhost:6274",
        "access-control-request-headers": "authorization,mcp-protocol-version",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-headers")).toMatch(
      /Authorization.*Mcp-Protocol-Version/,
    );
    expect((await get(server, path, { method: "POST" })).status).toBe(405);
  });

  it("has a neighbour that is not ours: 404, never a page", async () => {
    const server = await startServer();
    for (const path of [
      "/.well-known/oauth-protected-resource/other",
      "/.well-known/anything",
      "/.well-known/oauth-authorization-server/x",
    ]) {
      const response = await get(server, path);
      expect(response.status).toBe(404);
      expect(response.headers.get("content-type")).not.toContain("html");
    }
  });
});

describe("preflights where a token or a body is sent", () => {
  it.each([
    "/mcp",
    "/mcp/",
    "/oauth/register",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/introspect",
    "/register",
    "/token",
  ])("%s answers before any authentication, and names Authorization and the MCP headers", async (path) => {
    const server = await startServer();
    const response = await get(server, path, {
      method: "OPTIONS",
      headers: { origin: "https://app.example", "access-control-request-headers": "mcp-param-city" },
    });
    expect(response.status).toBe(204);
    const allowed = response.headers.get("access-control-allow-headers") ?? "";
    for (const name of [
      "Authorization",
      "Content-Type",
      "Mcp-Protocol-Version",
      "Mcp-Session-Id",
      "mcp-param-city",
    ]) {
      expect(allowed).toContain(name);
    }
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  });

  it("answer the origins of the option, and no other", async () => {
    const server = await startServer({ cors: ["https://app.example"] });
    const allowed = (origin: string) =>
      get(server, "/mcp", { method: "POST", headers: { origin } }).then((r) =>
        r.headers.get("access-control-allow-origin"),
      );
    expect(await allowed("https://app.example")).toBe("https://app.example");
    expect(await allowed("https://evil.example")).toBeNull();
  });

  it("let a browser read the challenge", async () => {
    const server = await startServer();
    const response = await get(server, "/mcp", {
      method: "POST",
      headers: { origin: "http://localhost:6274" },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("access-control-expose-headers")).toContain("WWW-Authenticate");
  });
});

const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

describe("the front", () => {
  it("shows a person who opens the MCP URL where to paste it, with the challenge that programs get", async () => {
    const server = await startServer();
    const asked = (init: RequestInit) => server.fetch(new Request(RESOURCE, init));
    const page = await asked({ headers: BROWSER });
    expect(page.status).toBe(401);
    expect(page.headers.get("www-authenticate")).toMatch(/^Bearer .*resource_metadata=/);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain(`value="${RESOURCE}"`);
    for (const program of [{}, { headers: { accept: "*/*" } }, { method: "POST", headers: BROWSER }]) {
      const answer = await asked(program);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("content-type")).toContain("application/json");
    }
  });

  it("shows what this is to a person who opens the root", async () => {
    const server = await startServer();
    const response = await get(server, "/");
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(await response.text()).toContain(RESOURCE);
  });

  it("says that it is alive", async () => {
    const server = await startServer();
    const { status, timestamp } = (await (await get(server, "/health")).json()) as Record<string, string>;
    expect(status).toBe("healthy");
    expect(new Date(timestamp ?? "").toISOString()).toBe(timestamp);
  });

  it("refuses a foreign name where the public URL is this computer (DNS rebinding)", async () => {
    const server = await startServer({ publicUrl: "http://localhost:3000" });
    const under = (host: string) =>
      server.fetch(new Request(`http://${host}/.well-known/oauth-authorization-server`));
    expect((await under("rebound.evil.example:3000")).status).toBe(421);
    for (const host of ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "192.168.1.7:3000"]) {
      expect((await under(host)).status).toBe(200);
    }
  });

  it.each([
    "http://127.0.0.2:3000",
    "http://app.localhost:3000",
    "http://localhost.:3000",
    "http://[::ffff:127.0.0.1]:3000",
    "https://127.0.0.2",
  ])("does so however this computer is spelled: %s", async (publicUrl) => {
    const server = await startServer({ publicUrl });
    const under = async (origin: string) =>
      (await server.fetch(new Request(`${origin}/.well-known/oauth-authorization-server`))).status;
    expect(await under("http://rebound.evil.example:3000")).toBe(421);
    expect(await under(publicUrl)).toBe(200);
  });
});
