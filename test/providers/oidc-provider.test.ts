import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type Authorization, type CheckUser, createOAuthServer, type OAuthServer } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { freePort } from "../support/listening.ts";
import { approve, openNetworkBrowser } from "../support/network.ts";
import { OIDC_CLIENT_ID, type OidcProvider, startOidcProvider } from "../support/oidc-provider.ts";
import { createProvider } from "../support/sdk-client-provider.ts";

const closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0).reverse()) await close();
});

const checkUser: CheckUser = (username, password) =>
  username === "ada" && password === "lovelace" ? { id: "ada" } : null;
const RESOURCE_SERVER = { clientId: "mcp-server", clientSecret: "the secret of the resource server" };

type World = {
  readonly access: CheckUser | Authorization;
  readonly person: (authorizeUrl: URL) => Promise<URL>;
  readonly provider?: OidcProvider;
};

/** The three worlds that one server lives in, by the change of one argument. */
const WORLDS: Readonly<Record<string, (resource: string) => Promise<World>>> = {
  "its own authorization server": async () => ({
    access: checkUser,
    person: (url) => approve(openNetworkBrowser(url.origin), url, { username: "ada", password: "lovelace" }),
  }),
  "a provider with JWTs": async (resource) => {
    const provider = await startOidcProvider({
      resource,
      accessTokenFormat: "jwt",
      scope: "mcp notes:write",
    });
    closing.push(provider.close);
    const access = { authorization: { issuer: provider.issuer, audience: resource } };
    return { access, person: provider.person, provider };
  },
  "a provider with opaque tokens": async (resource) => {
    const provider = await startOidcProvider({
      resource,
      accessTokenFormat: "opaque",
      resourceServer: RESOURCE_SERVER,
      scope: "mcp notes:write",
    });
    closing.push(provider.close);
    const authorization = { issuer: provider.issuer, audience: resource, introspection: RESOURCE_SERVER };
    return { access: { authorization }, person: provider.person, provider };
  },
};

describe.each(Object.keys(WORLDS))("the SDK's client, where the server has %s", (name) => {
  it("finds it, registers, signs in, calls a tool, and steps up", async () => {
    const { url, person, provider } = await start(name);
    // This provider holds clients to the scopes that they registered, and the SDK registers only what it needs first.
    const oauth = createProvider({
      person,
      ...(provider && { preregistered: { client_id: OIDC_CLIENT_ID } }),
    });
    const client = await signIn(url, oauth);
    expect(await text(client, "whoami")).toBe("ada");
    // What programs can do at somebody else's authorization server, nobody here knows.
    expect(client.getServerCapabilities()?.extensions !== undefined).toBe(provider === undefined);

    await expect(text(client, "write_note")).rejects.toThrow(UnauthorizedError);
    const stepped = await connect(url, oauth, oauth.callback());
    expect(await text(stepped, "write_note")).toBe("written");
  });
});

describe("a provider that goes and comes", () => {
  it("does not stop the server: it starts, tokens that it knows go on, and so do the documents", async () => {
    const { url, person, provider } = await start("a provider with JWTs");
    if (!provider) throw new Error("there is a provider");
    await provider.takeDown();
    const challenge = await fetch(url, { method: "POST" });
    expect(challenge.status).toBe(401);
    await provider.bringBack();

    const oauth = createProvider({ person });
    const client = await signIn(url, oauth);
    await provider.takeDown();
    expect(await text(client, "whoami")).toBe("ada");
    const documents = await fetch(new URL("/.well-known/oauth-protected-resource/mcp", url));
    expect(documents.status).toBe(200);
    await provider.bringBack();
  });
});

async function start(name: string): Promise<World & { readonly url: string; readonly server: OAuthServer }> {
  const port = await freePort();
  const url = `http://localhost:${port}/mcp`;
  const world = await (WORLDS[name] as (resource: string) => Promise<World>)(url);
  const server = createOAuthServer("Notes", world.access, {
    port,
    database: join(mkdtempSync(join(tmpdir(), "gatehouse-")), "gatehouse.db"),
    supportedScopes: { mcp: "Use the tools", "notes:write": "Write notes" },
    requiredScopes: ["mcp"],
    handleSignals: false,
    log: silentLog,
  });
  const content = (said: string) => ({ content: [{ type: "text" as const, text: said }] });
  server.registerTool(
    "whoami",
    { description: "Who is asking.", inputSchema: z.object({}) },
    (_, { person }) => content(person.id),
  );
  server.registerTool("write_note", { description: "Writes.", scopes: ["notes:write"] }, () =>
    content("written"),
  );
  closing.push(() => server.close());
  await server.listen();
  return { ...world, url, server };
}

async function connectOnce(url: string, oauth: ReturnType<typeof createProvider>): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider: oauth }));
  closing.push(() => client.close());
  return client;
}

async function connect(
  url: string,
  oauth: ReturnType<typeof createProvider>,
  callback: URLSearchParams,
): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: oauth });
  await transport.finishAuth(callback);
  return connectOnce(url, oauth);
}

async function signIn(url: string, oauth: ReturnType<typeof createProvider>): Promise<Client> {
  await expect(connectOnce(url, oauth)).rejects.toThrow(UnauthorizedError);
  return connect(url, oauth, oauth.callback());
}

async function text(client: Client, tool: string): Promise<string> {
  const { content } = await client.callTool({ name: tool, arguments: {} });
  return (content as { text: string }[])[0]?.text ?? "";
}
