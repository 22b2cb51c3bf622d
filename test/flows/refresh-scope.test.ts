import { describe, expect, it } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { authorizeUrl, codeOf, newPkce, redeem, refresh, register, tokensOf } from "../support/client.ts";
import { claimsOf } from "../support/forge.ts";
import { decide, openBrowser, signIn } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

// RFC 6749 §6. Several clients name at each refresh what they once asked for (mcp-remote, LibreChat).

const ASKED = ["mcp", "todo:read", "todo:write"];

/** A person who unticks what is not in `ticked`. */
async function connected(ticked: readonly string[], options: OAuthServerOptions = {}, asked = ASKED) {
  const server = await startServer(options);
  const { client_id: clientId } = await register(server);
  const { verifier, challenge } = newPkce();
  const browser = openBrowser(server);
  const { state } = await signIn(browser, authorizeUrl(clientId, challenge, { scope: asked.join(" ") }));
  const answer = await decide(browser, state, "approve", ticked);
  const code = codeOf(answer.headers.get("location"));
  const { refresh_token } = await tokensOf(redeem(server, clientId, { code, verifier }));
  return { server, clientId, refresh_token };
}

type Connected = { server: TestServer; clientId: string; refresh_token: string };
const refreshed = ({ server, clientId, refresh_token }: Connected, scope?: string) =>
  tokensOf(refresh(server, clientId, refresh_token, { scope }));

describe("a refresh that names scopes", () => {
  it.each([
    ["what was once asked for, of which some was unticked", "mcp todo:read todo:write", "mcp todo:read"],
    ["less", "mcp", "mcp"],
    ["less, and the required scope stays: each call needs it", "todo:read", "mcp todo:read"],
    ["scopes that nobody knows beside others", "openid todo:read profile", "mcp todo:read"],
    ["some that are no scopes", 'todo:read a"b', "mcp todo:read"],
    ["offline_access beside others", "todo:read offline_access", "mcp todo:read"],
    ["offline_access alone", "offline_access", "mcp todo:read"],
    ["nothing", "", "mcp todo:read"],
    ["spaces", "  ", "mcp todo:read"],
    ["only scopes that nobody knows", "openid profile email", "mcp todo:read"],
    ["one twice", "todo:read todo:read", "mcp todo:read"],
  ])("gets the ones that were granted: %s", async (_what, scope, expected) => {
    const client = await connected(["mcp", "todo:read"]);
    const tokens = await refreshed(client, scope);
    expect(tokens.scope).toBe(expected);
    expect(claimsOf(tokens.access_token).scope).toBe(expected);
  });

  it("does not shrink the grant", async () => {
    const client = await connected(["mcp", "todo:read"]);
    const { refresh_token, scope } = await refreshed(client, "mcp");
    expect(scope).toBe("mcp");
    expect((await refreshed({ ...client, refresh_token })).scope).toBe("mcp todo:read");
  });

  it("never gets more than was granted, and changes nothing where it names none of it", async () => {
    const client = await connected(["mcp", "todo:read"]);
    const { server, clientId, refresh_token } = client;
    const refused = await refresh(server, clientId, refresh_token, { scope: "todo:write openid" });
    expect(refused.status).toBe(400);
    const { error, error_description } = (await refused.json()) as Record<string, string>;
    expect(error).toBe("invalid_scope");
    expect(error_description).toContain("mcp todo:read");
    expect((await refreshed(client)).refresh_token).toContain(".2.");
  });

  it("inside the grace window gets the same successor with other scopes", async () => {
    const client = await connected(["mcp", "todo:read"]);
    const first = await refreshed(client, "mcp");
    const again = await refreshed(client, "todo:read todo:write");
    expect(again.refresh_token).toBe(first.refresh_token);
    expect(again.scope).toBe("mcp todo:read");
  });

  it("gets a narrower scope that a granted one implies, and of a broader one what was granted", async () => {
    const implies = { scopeImplies: { "todo:write": ["todo:read"] } };
    const writer = await connected(["mcp", "todo:write"], implies, ["mcp", "todo:write"]);
    expect((await refreshed(writer, "todo:read")).scope).toBe("mcp todo:read");
    const reader = await connected(["mcp", "todo:read"], implies);
    expect((await refreshed(reader, "todo:write")).scope).toBe("mcp todo:read");
  });

  it("of a grant without required scopes gets what is left, or is refused", async () => {
    const client = await connected(["todo:read"], { requiredScopes: [] }, ["todo:read", "todo:write"]);
    expect((await refreshed(client, "todo:read todo:write")).scope).toBe("todo:read");
    const { server, clientId } = client;
    const { refresh_token } = await refreshed(client);
    const refused = await refresh(server, clientId, refresh_token, { scope: "mcp" });
    expect(await refused.json()).toMatchObject({ error: "invalid_scope" });
  });
});
