import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { expect, it, onTestFinished, vi } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import type { AdmitOption } from "../../src/config/admit.ts";
import type { OidcOptions } from "../../src/config/sign-in/oidc-options.ts";
import { createOAuthServer } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { freePort } from "../support/listening.ts";
import { openNetworkBrowser } from "../support/network.ts";
import { type Browser, decide, stateOf } from "../support/person.ts";
import { createProvider } from "../support/sdk-client-provider.ts";
import { CLIENT_ID, CLIENT_SECRET } from "../support/sign-in/identity-double.ts";
import { type OidcUpstream, startOidcUpstream } from "../support/sign-in/oidc-upstream.ts";

// The client of the MCP SDK, Gatehouse, and oidc-provider behind it, each over its own socket.

type Running = { readonly url: string; readonly origin: string; readonly upstream: OidcUpstream };

async function start(
  options: Partial<OidcOptions> = {},
  admit: AdmitOption = { emails: ["*@example.com"] },
): Promise<Running> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const upstream = await startOidcUpstream(origin);
  const { issuer } = upstream;
  const signIn = [oidc({ issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, ...options })];
  const server = createOAuthServer(
    "Sign-in test",
    { signIn, admit },
    { port, database: ":memory:", log: silentLog },
  );
  server.registerTool("whoami", { description: "Who is asking." }, ({ person }) => ({
    content: [{ type: "text", text: JSON.stringify(person) }],
  }));
  const { url } = await server.listen();
  onTestFinished(() => server.close());
  return { url, origin, upstream };
}

/** Follows redirects, ours and the provider's, to the first page or to the address of the client. */
async function travel(
  browser: Browser,
  from: string,
): Promise<{ readonly at: URL; readonly page?: Response }> {
  let at = new URL(from);
  for (let hop = 0; hop < 20; hop++) {
    if (at.port === "8765") return { at };
    const page = await browser.request(at.href);
    const location = page.headers.get("location") ?? (await sentByItself(browser, at, page.clone()));
    if (location === undefined) return { at, page };
    at = new URL(location, at);
  }
  throw new Error(`no end at ${at.href}`);
}

/** Where a form leads that a page sends by itself, as the provider does to end the session of the account before. */
async function sentByItself(browser: Browser, at: URL, page: Response): Promise<string | undefined> {
  const html = await page.text();
  const [, action = ""] = /<form method="post" action="([^"]*)"/.exec(html) ?? [];
  if (!html.includes("submit()") || action === "") return undefined;
  const fields = [...html.matchAll(/name="([^"]*)" value="([^"]*)"/g)];
  const answer = await browser.submit(
    new URL(action, at).href,
    Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, value])),
  );
  return answer.headers.get("location") ?? undefined;
}

async function approve(browser: Browser, authorizeUrl: URL): Promise<URL> {
  const { at, page } = await travel(browser, authorizeUrl.href);
  if (!at.pathname.endsWith("/oauth/consent")) throw new Error(`${page?.status} at ${at.pathname}`);
  const approved = await decide(browser, stateOf(at.href), "approve", ["mcp"]);
  return new URL(approved.headers.get("location") ?? "");
}

async function connect({ url, origin }: Running) {
  const browser = openNetworkBrowser(origin);
  const provider = createProvider({ person: (asked) => approve(browser, asked) });
  const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  const first = transport();
  const stranger = new Client({ name: "sdk-test", version: "1.0.0" });
  await expect(stranger.connect(first)).rejects.toThrow(UnauthorizedError);
  await first.finishAuth(provider.callback());
  const client = new Client({ name: "sdk-test", version: "1.0.0" });
  await client.connect(transport());
  onTestFinished(() => client.close());
  return { browser, client, provider };
}

async function whoami(client: Client): Promise<unknown> {
  const { content } = await client.callTool({ name: "whoami" });
  const [first] = content;
  return first?.type === "text" ? JSON.parse(first.text) : undefined;
}

it("from nothing: it registers, the person signs in at the provider and approves, and a tool says who they are", async () => {
  const running = await start();
  const { client, provider } = await connect(running);
  expect(await whoami(client)).toEqual({
    id: expect.stringMatching(/^[\w-]{22}$/),
    name: "Ada Lovelace",
    email: "ada@example.com",
  });
  expect(provider.authorizeUrls[0]?.searchParams.get("resource")).toBe(running.url);
  const [asked] = running.upstream.asked;
  expect(asked).toMatchObject({
    client_id: CLIENT_ID,
    redirect_uri: `${running.origin}/oauth/callback/oidc`,
    code_challenge_method: "S256",
  });
  expect(asked).not.toHaveProperty("resource", expect.anything());
});

it("a person who may not come in signs in with another account, though the provider remembers the first", async () => {
  const { url, origin, upstream } = await start();
  upstream.person = "eve";
  const browser = openNetworkBrowser(origin);
  const provider = createProvider({
    person: async (asked) => {
      const refused = await travel(browser, asked.href);
      const html = (await refused.page?.text()) ?? "";
      expect(html).toContain("eve@elsewhere.example");
      const link = (page: string, text: string) =>
        new RegExp(`href="([^"]*)"[^>]*>${text}`).exec(page)?.[1]?.replaceAll("&amp;", "&") ?? "";
      const chooser = await browser.request(link(html, "Use another account"));
      upstream.person = "ada";
      return approve(browser, new URL(link(await chooser.text(), "Continue with")));
    },
  });
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  const stranger = new Client({ name: "sdk-test", version: "1.0.0" });
  await expect(stranger.connect(transport)).rejects.toThrow(UnauthorizedError);
  await transport.finishAuth(provider.callback());
  expect(provider.currentTokens().access_token).toBeTruthy();
  expect(upstream.asked.map(({ prompt }) => prompt)).toEqual([undefined, "login"]);
});

it("a person who signs out at the provider is signed out of what they connected, by its logout token", async () => {
  const running = await start({ endGrants: true });
  const { browser, provider } = await connect(running);
  const { access_token } = provider.currentTokens();
  const call = () =>
    fetch(running.url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${access_token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
  expect((await call()).status).toBe(200);
  const { issuer } = running.upstream;
  const form = await (await browser.request(`${issuer}/session/end`)).text();
  const [, xsrf = ""] = /name="xsrf" value="([^"]*)"/.exec(form) ?? [];
  await browser.submit(`${issuer}/session/end/confirm`, { xsrf, logout: "yes" });
  await vi.waitFor(async () => expect((await call()).status).toBe(401), { timeout: 10_000, interval: 50 });
});
