import { ResourceTemplate } from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";
import {
  call,
  messagesOf,
  RESOURCE_METADATA,
  startEndpoint,
  textOf,
} from "../../../test/support/mcp-endpoint.ts";

/** A server with one of each that needs `write`, one that needs nothing, and a count of what ran. */
function startScoped(options: Parameters<typeof startEndpoint>[0] = {}) {
  const rig = startEndpoint(options);
  const ran: string[] = [];
  const run = (name: string) => {
    ran.push(name);
    return name;
  };
  const { registerTool, registerPrompt, registerResource } = rig.registrations;
  registerTool("open", {}, () => ({ content: [{ type: "text", text: run("open") }] }));
  registerTool("write", { scopes: ["write"] }, () => ({ content: [{ type: "text", text: run("write") }] }));
  registerTool("both", { scopes: ["read", "write"] }, () => ({
    content: [{ type: "text", text: run("both") }],
  }));
  registerPrompt("prompt", { scopes: ["write"] }, () => {
    run("prompt");
    return { messages: [] };
  });
  registerResource("fixed", "app://fixed/a b", { scopes: ["write"] }, (uri) => ({
    contents: [{ uri: uri.href, text: run("fixed") }],
  }));
  registerResource(
    "item",
    new ResourceTemplate("item://{id}", {
      list: undefined,
      complete: { id: () => [run("completion")] },
    }),
    { scopes: ["write"] },
    (uri) => ({ contents: [{ uri: uri.href, text: run("item") }] }),
  );
  return { ...rig, ran };
}

const asks = (method: string, params: Record<string, unknown>) => ({ jsonrpc: "2.0", id: 1, method, params });

describe("an operation that needs more than the token has (RFC 6750 §3.1)", () => {
  it.each([
    ["tools/call", { name: "write", arguments: {} }],
    ["prompts/get", { name: "prompt" }],
    ["resources/read", { uri: "app://fixed/a%20b" }],
    ["resources/read", { uri: "APP://fixed/x/../a b" }],
    ["resources/read", { uri: "item://7" }],
    [
      "completion/complete",
      { ref: { type: "ref/prompt", name: "prompt" }, argument: { name: "a", value: "" } },
    ],
    [
      "completion/complete",
      { ref: { type: "ref/resource", uri: "item://{id}" }, argument: { name: "id", value: "" } },
    ],
    ["resources/subscribe", { uri: "item://7" }],
  ])("%s %o is 403, in both eras", async (method, params) => {
    const { tokenFor, post, postModern, ran } = startScoped();
    const token = tokenFor({ scopes: ["mcp"] });
    for (const response of [
      await post(token, asks(method, params)),
      await postModern(token, { method, params }),
    ]) {
      expect(response.status).toBe(403);
      expect(response.headers.get("www-authenticate")).toBe(
        'Bearer error="insufficient_scope", error_description="This needs the scope write.", scope="mcp write", ' +
          `resource_metadata="${RESOURCE_METADATA}"`,
      );
    }
    expect(ran).toEqual([]);
  });

  it.each<[string, (rig: ReturnType<typeof startScoped>, token: string) => Promise<Response>]>([
    ["GET", ({ send }, token) => send(token, "GET")],
    ["GET in a session", ({ send }, token) => send(token, "GET", { "mcp-session-id": "any" })],
    ["DELETE", ({ send }, token) => send(token, "DELETE")],
    ["DELETE in a session", ({ send }, token) => send(token, "DELETE", { "mcp-session-id": "any" })],
    [
      "a POST that is not JSON by its type",
      ({ post }, token) => post(token, "x", { "content-type": "text/plain" }),
    ],
    ["a POST that is not JSON", ({ post }, token) => post(token, "{")],
    ["a POST that is too large", ({ post }, token) => post(token, `"${"x".repeat(5_000_000)}"`)],
    ["a POST that calls what is open", ({ post }, token) => post(token, call("open"))],
  ])("%s needs what every request needs", async (_, ask) => {
    for (const sessions of [false, true]) {
      const rig = startScoped({ sessions });
      const response = await ask(rig, rig.tokenFor({ scopes: ["write"] }));
      expect(response.status).toBe(403);
      const challenge = response.headers.get("www-authenticate");
      expect(challenge).toContain('error="insufficient_scope"');
      expect(challenge).toContain('scope="write mcp"');
      expect((await ask(rig, rig.tokenFor({ scopes: ["mcp"] }))).status).not.toBe(403);
    }
  });

  it("names every scope of a batch at once", async () => {
    const { tokenFor, post, ran } = startScoped();
    const batch = [call("open", {}, 1), call("write", {}, 2), call("both", {}, 3)];
    const response = await post(tokenFor({ scopes: ["mcp", "profile"] }), batch);
    expect(response.status).toBe(403);
    // With what the token has: one who asks for exactly this loses nothing.
    expect(response.headers.get("www-authenticate")).toContain('scope="mcp profile write read"');
    expect(ran).toEqual([]);
  });

  it("covers what a subscription would tell", async () => {
    const { tokenFor, postModern } = startScoped();
    const params = { notifications: { resourceSubscriptions: ["app://open", "item://7"] } };
    const response = await postModern(tokenFor(), { method: "subscriptions/listen", params });
    expect(response.status).toBe(403);
  });

  it("runs with a token that has it, and with one that implies it", async () => {
    const { tokenFor, post, ran } = startScoped({ implies: new Map([["admin", ["read", "write"]]]) });
    expect(await textOf(await post(tokenFor({ scopes: ["mcp", "write"] }), call("write")))).toBe("write");
    expect(await textOf(await post(tokenFor({ scopes: ["mcp", "admin"] }), call("both")))).toBe("both");
    expect((await post(tokenFor({ scopes: ["mcp", "write"] }), call("both"))).status).toBe(403);
    expect(ran).toEqual(["write", "both"]);
  });

  it("leaves the lists open, so that clients know what there is", async () => {
    const { tokenFor, post } = startScoped();
    const [listed] = await messagesOf(await post(tokenFor(), asks("tools/list", {})));
    expect(listed?.result?.tools).toMatchObject([{ name: "open" }, { name: "write" }, { name: "both" }]);
  });

  it("leaves what is unknown to the SDK", async () => {
    const { tokenFor, post } = startScoped();
    const token = tokenFor();
    for (const message of [
      call("unknown"),
      call("__proto__"),
      asks("tools/call", { name: ["write"] }),
      asks("resources/read", { uri: "app://unknown" }),
    ]) {
      const response = await post(token, message);
      expect(response.status).toBe(200);
      expect((await messagesOf(response))[0]?.error?.code).toBe(-32602);
    }
  });

  it("finds the template that the SDK's server finds, where two match", async () => {
    const { registrations, tokenFor, post, ran } = startScoped();
    const open = new ResourceTemplate("thing://{id}", { list: undefined, complete: { id: () => [] } });
    const closed = new ResourceTemplate("thing://{id}", {
      list: undefined,
      complete: { id: () => [String(ran.push("closed completion"))] },
    });
    registrations.registerResource("a", open, {}, (uri) => ({ contents: [{ uri: uri.href, text: "open" }] }));
    // Names that look like numbers come first in the SDK's object, whenever they were registered.
    registrations.registerResource("1", closed, { scopes: ["write"] }, (uri) => {
      ran.push("closed");
      return { contents: [{ uri: uri.href, text: "closed" }] };
    });
    const ref = { type: "ref/resource", uri: "thing://{id}" };
    for (const message of [
      asks("resources/read", { uri: "thing://7" }),
      asks("resources/subscribe", { uri: "thing://7" }),
      asks("completion/complete", { ref, argument: { name: "id", value: "" } }),
    ]) {
      expect((await post(tokenFor(), message)).status).toBe(403);
      expect((await post(tokenFor(), [message])).status).toBe(403);
    }
    expect(ran).toEqual([]);
  });
});
