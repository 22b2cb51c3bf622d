import { afterEach, describe, expect, it } from "vitest";
import { newPkce } from "../support/client.ts";
import { startServer, type TestServer } from "../support/server.ts";

/** What docs/behind-a-proxy.md promises, as the requests that a proxy makes. */

let server: TestServer;
afterEach(async () => {
  await server.drain();
  await server.close();
});

async function json(url: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  return (await server.fetch(new Request(url, { headers }))).json();
}

describe("publicUrl", () => {
  it("makes every URL, whatever the proxy says of itself", async () => {
    server = await startServer({ publicUrl: "https://mcp.example.com" });
    const inside = "http://10.0.0.7:3000";
    const headers = {
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "http",
      forwarded: "host=evil",
    };
    const challenged = await server.fetch(new Request(`${inside}/mcp`, { headers }));
    expect(challenged.headers.get("www-authenticate")).toContain(
      'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"',
    );
    const text = JSON.stringify(await json(`${inside}/.well-known/oauth-authorization-server`, headers));
    expect(text).toContain('"token_endpoint":"https://mcp.example.com/oauth/token"');
    expect(text).not.toMatch(/10\.0\.0\.7|evil|http:/);
  });

  it("is asked for where it is missing and the server is reached by another name", async () => {
    server = await startServer({ publicUrl: undefined });
    const answer = await server.fetch(new Request("http://mcp.example.com/mcp"));
    expect(answer.status).toBe(421);
    expect(await answer.text()).toContain(
      "To be reached as mcp.example.com, it needs that as its public URL (publicUrl).",
    );
  });

  it("may have a path: three documents stand at the root, the rest below it", async () => {
    server = await startServer({ publicUrl: "https://example.com/app" });
    const found = { resource: "https://example.com/app/mcp" };
    const issuer = { issuer: "https://example.com/app" };
    const wellKnown = "https://example.com/.well-known";
    expect(await json(`${wellKnown}/oauth-protected-resource/app/mcp`)).toMatchObject(found);
    expect(await json(`${wellKnown}/oauth-authorization-server/app`)).toMatchObject(issuer);
    expect(await json(`${wellKnown}/openid-configuration/app`)).toMatchObject(issuer);
    expect((await server.fetch(new Request("https://example.com/app/mcp"))).status).toBe(401);
    expect((await server.fetch(new Request("https://example.com/app/health"))).status).toBe(200);
    expect((await server.fetch(new Request("https://example.com/mcp"))).status).toBe(404);
  });
});

describe("trustProxy", () => {
  /** The address that the log has for a refused request. */
  async function loggedAddress(trustProxy: boolean, forwarded: string): Promise<unknown> {
    server = await startServer({ trustProxy });
    const url = `https://mcp.example/oauth/authorize?client_id=nobody&code_challenge=${newPkce().challenge}`;
    const request = new Request(url, { headers: { "x-forwarded-for": forwarded } });
    await server.fetch(request, { address: "127.0.0.1" });
    return server.lines.find(({ name }) => name === "request.refused")?.fields.address;
  }

  it("takes the address that the proxy appended, and none that the client wrote before it", async () => {
    expect(await loggedAddress(true, "1.2.3.4, 203.0.113.9")).toBe("203.0.113.9");
  });

  it("is off by default: the connection's address counts", async () => {
    expect(await loggedAddress(false, "203.0.113.9")).toBe("127.0.0.1");
  });
});
