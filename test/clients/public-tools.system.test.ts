import {
  auth,
  Client,
  type ClientOptions,
  extractWWWAuthenticateParams,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type CreateOptions, createOAuthServer } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { approve, openNetworkBrowser } from "../support/network.ts";
import { createProvider, type TestProvider } from "../support/sdk-client-provider.ts";
import { PEOPLE } from "../support/server.ts";

const ERAS = [
  { era: "2025-11-25", sessions: false, client: {} },
  { era: "2025-11-25 with sessions", sessions: true, client: {} },
  { era: "2026-07-28", sessions: false, client: { versionNegotiation: { mode: { pin: "2026-07-28" } } } },
] satisfies readonly { era: string; sessions: boolean; client: ClientOptions }[];

const CHATGPT = "openai-mcp (ChatGPT)";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(options: CreateOptions): Promise<string> {
  const server = createOAuthServer(
    "SDK test",
    (username, password) => PEOPLE[username] === password && username,
    {
      port: 0,
      database: ":memory:",
      handleSignals: false,
      supportedScopes: { mcp: "Use the tools", "notes:write": "Write notes" },
      log: silentLog,
      ...options,
    },
  );
  server.registerTool(
    "search",
    { public: true, description: "Anyone may.", inputSchema: z.object({ text: z.string() }) },
    ({ text }, { auth: caller }) => say(`${caller?.person.id ?? "anyone"} looks for ${text}`),
  );
  server.registerTool(
    "write_note",
    { description: "A person may.", inputSchema: z.object({ text: z.string() }), scopes: ["notes:write"] },
    ({ text }, { person }) => say(`${person.id} wrote ${text}`),
  );
  server.registerResource("terms", "app://terms", { public: true }, (uri) => ({
    contents: [{ uri: uri.href, text: "Be kind." }],
  }));
  server.registerResource("diary", "app://diary", {}, (uri) => ({ contents: [{ uri: uri.href, text: "" }] }));
  const { url } = await server.listen();
  closing.push(server.close);
  return url;
}

const say = (text: string) => ({ content: [{ type: "text" as const, text }] });

function adasProvider(url: string): TestProvider {
  const browser = openNetworkBrowser(new URL(url).origin);
  return createProvider({
    person: (asked) => approve(browser, asked, { username: "ada", password: PEOPLE.ada ?? "" }),
  });
}

async function connect(
  url: string,
  options: ClientOptions,
  { provider, name = "sdk-test" }: { readonly provider?: TestProvider; readonly name?: string } = {},
) {
  const client = new Client({ name, version: "1.0.0" }, options);
  const transport = new StreamableHTTPClientTransport(new URL(url), provider && { authProvider: provider });
  await client.connect(transport);
  closing.push(() => client.close());
  return { client, transport };
}

async function text(client: Client, name: string): Promise<string> {
  const { content } = await client.callTool({ name, arguments: { text: "x" } });
  const [first] = content;
  if (first?.type !== "text") throw new Error(`${name} answered ${JSON.stringify(content)}`);
  return first.text;
}

describe.each(ERAS)("a client of the SDK, $era", ({ sessions, client: options }) => {
  it('askToSignIn: "connect": uses what is public at its URL without any sign-in', async () => {
    const url = await start({ sessions });
    const { client, transport } = await connect(`${url}/public`, options);
    expect(transport.sessionId).toBeUndefined();
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["search"]);
    expect((await client.listResources()).resources.map(({ name }) => name)).toEqual(["terms"]);
    expect(await text(client, "search")).toBe("anyone looks for x");
    expect((await client.readResource({ uri: "app://terms" })).contents).toMatchObject([
      { text: "Be kind." },
    ]);
    await expect(client.callTool({ name: "write_note", arguments: { text: "x" } })).rejects.toThrow(
      "not found",
    );
    await expect(client.readResource({ uri: "app://diary" })).rejects.toThrow("not found");
  });

  it('askToSignIn: "connect": signs in as it connects, and then uses all of it', async () => {
    const url = await start({ sessions, challengeScopes: ["notes:write"] });
    const provider = adasProvider(url);
    const first = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
    await expect(new Client({ name: "sdk-test", version: "1" }, options).connect(first)).rejects.toThrow(
      UnauthorizedError,
    );
    await first.finishAuth(provider.callback());
    const { client } = await connect(url, options, { provider });
    expect(await text(client, "search")).toBe("ada looks for x");
    expect(await text(client, "write_note")).toBe("ada wrote x");
  });

  it('askToSignIn: "call": connects and calls what is public, and is led to the sign-in by the first other call', async () => {
    const url = await start({ sessions, askToSignIn: "call" });
    const provider = adasProvider(url);
    const { client, transport } = await connect(url, options, { provider });
    const { tools } = await client.listTools();
    expect(tools.map(({ name, _meta }) => [name, _meta?.securitySchemes])).toEqual([
      ["search", [{ type: "noauth" }]],
      ["write_note", [{ type: "oauth2", scopes: ["mcp", "notes:write"] }]],
    ]);
    expect(await text(client, "search")).toBe("anyone looks for x");
    expect(provider.authorizeUrls).toEqual([]);

    await expect(text(client, "write_note")).rejects.toThrow(UnauthorizedError);
    // What the call needs, at once.
    expect(provider.authorizeUrls[0]?.searchParams.get("scope")?.split(" ")).toEqual(
      expect.arrayContaining(["mcp", "notes:write"]),
    );
    await transport.finishAuth(provider.callback());
    const again = await connect(url, options, { provider });
    expect(again.transport.sessionId === undefined).toBe(!sessions);
    expect(await text(again.client, "write_note")).toBe("ada wrote x");
    expect(await text(again.client, "search")).toBe("ada looks for x");
    expect((await again.client.listResources()).resources.map(({ name }) => name)).toEqual([
      "terms",
      "diary",
    ]);
    expect(provider.authorizeUrls).toHaveLength(1);
  });

  it('askToSignIn: "call": is led there by a resource, too', async () => {
    const url = await start({ sessions, askToSignIn: "call" });
    const provider = adasProvider(url);
    const { client, transport } = await connect(url, options, { provider });
    expect((await client.listResources()).resources.map(({ name }) => name)).toEqual(["terms"]);
    await expect(client.readResource({ uri: "app://diary" })).rejects.toThrow(UnauthorizedError);
    await transport.finishAuth(provider.callback());
    const again = await connect(url, options, { provider });
    expect((await again.client.readResource({ uri: "app://diary" })).contents).toHaveLength(1);
  });

  it('askToSignIn: "call": signs in by the challenge in a result, where that is what it reads', async () => {
    const url = await start({ sessions, askToSignIn: "call" });
    const { client } = await connect(url, options, { name: CHATGPT });
    expect(await text(client, "search")).toBe("anyone looks for x");
    const refused = await client.callTool({ name: "write_note", arguments: { text: "x" } });
    expect(refused.isError).toBe(true);

    // As ChatGPT does it: the challenge says where the metadata is and what to ask for.
    const [challenge = ""] = (refused._meta?.["mcp/www_authenticate"] ?? []) as readonly string[];
    const asked = extractWWWAuthenticateParams(
      new Response(null, { status: 401, headers: { "WWW-Authenticate": challenge } }),
    );
    expect(asked).toMatchObject({ error: "insufficient_scope", scope: "mcp notes:write" });
    const provider = adasProvider(url);
    expect(await auth(provider, { serverUrl: url, ...asked })).toBe("REDIRECT");
    const code = {
      authorizationCode: provider.callback().get("code") ?? "",
      iss: provider.callback().get("iss") ?? "",
    };
    expect(await auth(provider, { serverUrl: url, ...asked, ...code })).toBe("AUTHORIZED");

    const again = await connect(url, options, { name: CHATGPT, provider });
    expect(await text(again.client, "write_note")).toBe("ada wrote x");
    expect(await text(again.client, "search")).toBe("ada looks for x");
  });
});
