import { describe, expect, it } from "vitest";
import { createOAuthServer } from "../index.ts";
import { silentLog } from "../platform/logging.ts";
import type { CreateOptions } from "./assembly.ts";

const QUIET = { log: silentLog, handleSignals: false, port: 0, database: ":memory:" } as const;

const start = (given: CreateOptions) =>
  createOAuthServer("Test", () => null, { ...QUIET, ...given }).listen();

describe("a path of the operator's", () => {
  it.each([
    ["/oauth/token", "token"],
    ["/token", "token"],
    ["/oauth/authorize", "authorize"],
    ["/account", "account"],
    ["/health", "health"],
    ["/ready", "ready"],
    ["/.well-known/oauth-authorization-server", "authorization_server_metadata"],
    ["/.well-known/oauth-protected-resource", "resource_metadata"],
  ])("at %s, where %s is, keeps the server from starting", async (path, name) => {
    await expect(start({ publicPath: path })).rejects.toThrow(
      `The endpoints mcp_public and ${name} have the same path, ${path}. Give publicPath another value.`,
    );
    await expect(start({ path })).rejects.toThrow(
      `The endpoints mcp and ${name} have the same path, ${path}. Give path another value.`,
    );
  });

  it("hides no endpoint of a provider's server either", async () => {
    const provider = {
      authorization: { issuer: "https://idp.example", audience: "https://mcp.example/mcp" },
    };
    const server = createOAuthServer("Test", provider, { ...QUIET, publicPath: "/health" });
    await expect(server.listen()).rejects.toThrow("The endpoints mcp_public and health have the same path");
  });

  it.each([
    { path: "/oauth" },
    { publicPath: "/accounts" },
    { path: "/health/mcp", publicPath: "/oauth/token/x" },
  ])("beside them is served: %j", async (given) => {
    const server = createOAuthServer("Test", () => null, { ...QUIET, ...given });
    await server.listen();
    await server.close();
  });
});
