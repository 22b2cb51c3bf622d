import { McpServer, requireScopes } from "@modelcontextprotocol/server";
import { describe, expect, it, vi } from "vitest";
import { call, RESOURCE_METADATA, startEndpoint, textOf } from "../../../test/support/mcp-endpoint.ts";
import { authOf } from "../../resource-server/auth-info.ts";

const LISTING = { jsonrpc: "2.0", id: 1, method: "tools/list" };

describe("the server of a request", () => {
  it.each(["post", "postModern"] as const)(
    "has the one tool that a call names, and no other (%s)",
    async (era) => {
      const { registrations, tokenFor, post, postModern } = startEndpoint();
      registrations.registerTool("a", {}, () => ({ content: [{ type: "text", text: "A" }] }));
      registrations.registerTool("b", {}, () => ({ content: [] }));
      const all = vi.spyOn(registrations, "all");
      const token = tokenFor();
      const send = (message: ReturnType<typeof call> | typeof LISTING) =>
        era === "post" ? post(token, message) : postModern(token, message);
      expect(await textOf(await send(call("a")))).toBe("A");
      expect(all).not.toHaveBeenCalled();
      await send(LISTING);
      expect(all).toHaveBeenCalledTimes(1);
    },
  );
});

describe("a factory of SDK servers", () => {
  it("is called for each request with who is calling, and its handlers can know it too", async () => {
    const asked: string[] = [];
    const { tokenFor, post, postModern } = startEndpoint({
      factory: ({ person, era }) => {
        asked.push(`${person.id} ${era}`);
        const server = new McpServer({ name: "own", version: "1" });
        server.registerTool("who", {}, (context) => ({
          content: [{ type: "text", text: authOf(context).person.id }],
        }));
        return server;
      },
    });
    expect(await textOf(await post(tokenFor({ person: { id: "ada" } }), call("who")))).toBe("ada");
    const grace = tokenFor({ person: { id: "grace" } });
    expect(await textOf(await postModern(grace, { method: "tools/call", params: { name: "who" } }))).toBe(
      "grace",
    );
    expect(asked).toEqual(["ada legacy", "grace modern"]);
  });

  it.each(["post", "postModern"] as const)(
    "challenges through the SDK with our metadata (%s)",
    async (era) => {
      const rig = startEndpoint({
        factory: () => {
          const server = new McpServer({ name: "own", version: "1" });
          server.registerTool("t", { scopeChallenge: requireScopes("admin") }, () => ({ content: [] }));
          return server;
        },
      });
      const response =
        era === "post"
          ? await rig.post(rig.tokenFor(), call("t"))
          : await rig.postModern(rig.tokenFor(), { method: "tools/call", params: { name: "t" } });
      expect(response.status).toBe(403);
      expect(response.headers.get("www-authenticate")).toContain(`resource_metadata="${RESOURCE_METADATA}"`);
    },
  );

  it("that returns one server for everybody is refused", async () => {
    const shared = new McpServer({ name: "own", version: "1" });
    shared.registerTool("t", {}, () => ({ content: [{ type: "text", text: "t" }] }));
    const { tokenFor, post, postModern } = startEndpoint({ factory: () => shared });
    const token = tokenFor();
    expect(await textOf(await post(token, call("t")))).toBe("t");
    expect((await post(token, call("t"))).status).toBe(500);
    expect((await postModern(token, { method: "tools/list" })).status).toBe(500);
  });

  it("that throws is answered 500 without its reason, which is logged", async () => {
    const logged: unknown[] = [];
    const { tokenFor, post } = startEndpoint({
      factory: () => {
        throw new Error("the secret reason");
      },
      log: { event() {}, error: (_, { cause }) => logged.push(cause), info() {}, debug() {} },
    });
    const response = await post(tokenFor(), LISTING);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(String(logged[0])).toContain("the secret reason");
  });
});

describe("a tool", () => {
  it("is registered with the SDK once, and serves each caller as who they are", async () => {
    const register = vi.spyOn(McpServer.prototype, "registerTool");
    try {
      const { registrations, tokenFor, post, postModern } = startEndpoint();
      registrations.registerTool("who", {}, ({ person }) => ({
        content: [{ type: "text", text: person.id }],
      }));
      register.mockClear();
      for (const id of ["ada", "grace", "ada"]) {
        const token = tokenFor({ person: { id } });
        expect(await textOf(await post(token, call("who")))).toBe(id);
        expect(await textOf(await postModern(token, call("who")))).toBe(id);
      }
      expect(register).toHaveBeenCalledTimes(1);
    } finally {
      register.mockRestore();
    }
  });

  it("of a caller without its scopes does not run, though it ran for another", async () => {
    const { registrations, tokenFor, post } = startEndpoint({ withoutFrontDoor: true });
    const called = vi.fn(() => ({ content: [{ type: "text" as const, text: "done" }] }));
    registrations.registerTool("t", { scopes: ["admin"] }, called);
    expect(await textOf(await post(tokenFor({ scopes: ["mcp", "admin"] }), call("t")))).toBe("done");
    expect(await textOf(await post(tokenFor(), call("t")))).not.toBe("done");
    expect(called).toHaveBeenCalledTimes(1);
  });
});
