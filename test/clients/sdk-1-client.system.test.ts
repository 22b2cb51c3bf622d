import { type OAuthClientProvider, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createOAuthServer } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { approve, openNetworkBrowser } from "../support/network.ts";
import { createProvider } from "../support/sdk-client-provider.ts";
import { PEOPLE } from "../support/server.ts";

// Most clients in the field are built with the first major of the SDK.

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe.each([{ sessions: false }, { sessions: true }])(
  "a client of the SDK 1.x, sessions: $sessions",
  ({ sessions }) => {
    it.each(["none", "client_secret_post"])(
      "registers with %s, signs a person in, refreshes, and asks nobody at its second run",
      async (method) => {
        // Two seconds, because `exp` counts whole ones: with one, a new token could be over before its first use.
        const url = await start({ sessions, accessTokenSeconds: 2 });
        const browser = openNetworkBrowser(new URL(url).origin);
        const provider = createProvider({
          person: (asked) => approve(browser, asked, { username: "ada", password: PEOPLE.ada ?? "" }),
          metadata: { token_endpoint_auth_method: method },
        });
        const transport = transportTo(url, provider);
        await expect(newClient().connect(transport)).rejects.toThrow(UnauthorizedError);
        await transport.finishAuth(provider.callback().get("code") ?? "");

        const first = await connect(url, provider);
        expect(await echo(first, "hello")).toBe("Echo: hello");
        const before = provider.currentTokens();
        await vi.waitFor(async () => expect(await statusOf(url, before.access_token)).toBe(401), {
          timeout: 20_000,
          interval: 100,
        });
        expect(await echo(first, "later")).toBe("Echo: later");
        expect(provider.currentTokens().refresh_token).not.toBe(before.refresh_token);

        await first.close();
        expect(await echo(await connect(url, provider), "again")).toBe("Echo: again");
        expect(provider.authorizeUrls).toHaveLength(1);
      },
    );
  },
);

async function start(options: { readonly sessions: boolean; readonly accessTokenSeconds: number }) {
  const server = createOAuthServer(
    "SDK 1.x test",
    (username, password) => (PEOPLE[username] === password ? username : null),
    { port: 0, database: ":memory:", log: silentLog, handleSignals: false, ...options },
  );
  server.registerTool(
    "echo",
    { description: "Says it back.", inputSchema: z.object({ message: z.string() }) },
    ({ message }) => ({ content: [{ type: "text", text: `Echo: ${message}` }] }),
  );
  const { url } = await server.listen();
  closing.push(server.close);
  return url;
}

type Provider = ReturnType<typeof createProvider>;

function newClient(): Client {
  return new Client({ name: "sdk-1-test", version: "1.0.0" });
}

function transportTo(url: string, provider: Provider): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(url), {
    authProvider: provider as unknown as OAuthClientProvider,
  });
}

async function connect(url: string, provider: Provider): Promise<Client> {
  const client = newClient();
  await client.connect(transportTo(url, provider) as Parameters<Client["connect"]>[0]);
  closing.push(() => client.close());
  return client;
}

async function echo(client: Client, message: string): Promise<unknown> {
  const { content } = await client.callTool({ name: "echo", arguments: { message } });
  return (content as readonly { readonly text: string }[])[0]?.text;
}

async function statusOf(url: string, token: string): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
  });
  await response.body?.cancel();
  return response.status;
}
