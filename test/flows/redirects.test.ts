import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import type { ClientAuthenticationMethod } from "../../src/core/client.ts";
import { authorizeUrl, codeOf, newPkce, postJson, register } from "../support/client.ts";
import { type Browser, decide, openBrowser, signIn } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

const { challenge } = newPkce();
const DOCUMENT_ID = "https://evil.example/client.json";

/** A server on whose internet there is one metadata document. */
async function serverWithDocument(members: Record<string, unknown>, options: OAuthServerOptions = {}) {
  const document = { client_id: DOCUMENT_ID, client_name: "Claude", ...members };
  return startServer(options, {
    fetchDocument: async () => ({ text: JSON.stringify(document), headers: new Headers() }),
  });
}

const ask = (browser: Browser, clientId: string, changes: Record<string, string | undefined>) =>
  browser.request(authorizeUrl(clientId, challenge, changes));

/** What a person can see of a page, what they can follow, and what happens without them. */
async function readPage(response: Response) {
  const page = await response.text();
  return {
    status: response.status,
    location: response.headers.get("location"),
    page,
    links: [...page.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = ""]) =>
      href.replaceAll("&amp;", "&"),
    ),
    opensItself: page.includes("http-equiv"),
  };
}

/** The consent page of a client, as text. */
async function consentPageOf(server: TestServer, clientId: string, redirect_uri: string): Promise<string> {
  const browser = openBrowser(server);
  const { location } = await signIn(browser, authorizeUrl(clientId, challenge, { redirect_uri }));
  const page = await (await browser.request(location)).text();
  return page
    .replace(/<style>.*<\/style>/s, "")
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ");
}

describe("an error before anybody signed in (RFC 9700 §4.11.2)", () => {
  const WRONG = [
    ["prompt=none", { prompt: "none" }, "login_required"],
    ["no PKCE", { code_challenge: undefined }, "invalid_request"],
    ["response_type=token", { response_type: "token" }, "unsupported_response_type"],
    ["an unknown resource", { resource: "https://other.example/mcp" }, "invalid_target"],
  ] as const;

  it.each(WRONG)("sends nobody to a stranger's website: %s", async (_, changes, error) => {
    const server = await startServer();
    const redirect_uri = "https://evil.example/cb?a=1";
    const { client_id } = await register(server, { redirect_uris: [redirect_uri] });
    const { status, location, page, links, opensItself } = await readPage(
      await ask(openBrowser(server), client_id, { redirect_uri, ...changes }),
    );
    expect({ status, location, opensItself }).toEqual({ status: 400, location: null, opensItself: false });
    expect(page).toContain("opens another website");
    expect(page).toContain("<bdi>evil.example</bdi>");
    expect(links).toHaveLength(1);
    const link = new URL(links[0] ?? "");
    expect(link.origin + link.pathname).toBe("https://evil.example/cb");
    expect(Object.fromEntries(link.searchParams)).toEqual({
      a: "1",
      error,
      error_description: expect.stringMatching(/^.+$/),
      state: "client-state",
      iss: "https://mcp.example",
    });
  });

  it.each(WRONG)("nor into an app: %s", async (_, changes) => {
    const server = await startServer();
    for (const redirect_uri of ["steam://run/440", "cursor://x", "com.example.app:/cb"]) {
      const { client_id } = await register(server, { redirect_uris: [redirect_uri] });
      const { location, page, links, opensItself } = await readPage(
        await ask(openBrowser(server), client_id, { redirect_uri, ...changes }),
      );
      expect({ location, opensItself }).toEqual({ location: null, opensItself: false });
      expect(links[0]?.startsWith(`${redirect_uri}?error=`)).toBe(true);
      const scheme = redirect_uri.slice(0, redirect_uri.indexOf(":") + 1);
      expect(page).toContain(`This opens the app for <code>${scheme}</code> links on your computer`);
    }
  });

  it("nor to the own host of a metadata document", async () => {
    const redirect_uri = "https://evil.example/cb";
    const server = await serverWithDocument({ redirect_uris: [redirect_uri] });
    const answer = await readPage(
      await ask(openBrowser(server), DOCUMENT_ID, { redirect_uri, prompt: "none" }),
    );
    expect(answer).toMatchObject({ status: 400, location: null, opensItself: false });
    expect(answer.links).toHaveLength(1);
  });

  it.each([
    "http://127.0.0.1:4000/cb",
    "http://localhost:4000/cb",
    "https://claude.ai/api/mcp/auth_callback",
    "https://vscode.dev/redirect",
    "https://chatgpt.com/connector_platform_oauth_redirect",
  ])("is a redirect to a trusted address: %s", async (redirect_uri) => {
    const server = await startServer();
    const { client_id } = await register(server, { redirect_uris: [redirect_uri] });
    const answer = await ask(openBrowser(server), client_id, { redirect_uri, prompt: "none" });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toMatch(`${redirect_uri}?error=login_required&`);
  });

  it("is a redirect to whatever website the operator registered, and still not into an app", async () => {
    const redirectUris = ["https://reports.example/cb", "reports://cb"];
    const server = await startServer({ clients: [{ id: "reports", redirectUris }] });
    const go = (redirect_uri: string) =>
      ask(openBrowser(server), "reports", { redirect_uri, prompt: "none" });
    expect((await go("https://reports.example/cb")).headers.get("location")).toMatch(/^https:\/\/reports/);
    expect(await readPage(await go("reports://cb"))).toMatchObject({ location: null, opensItself: false });
  });

  it("is in the log whichever way it is answered", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    await ask(openBrowser(server), client_id, { prompt: "none" });
    expect(server.lines.at(-1)).toMatchObject({
      name: "authorization.refused",
      fields: { client: client_id, error: "login_required" },
    });
  });
});

describe("the decision", () => {
  async function decided(
    redirect_uri: string,
    decision: "approve" | "deny",
    options: OAuthServerOptions = {},
  ) {
    const server = await startServer(options);
    const { client_id } = await register(server, { redirect_uris: [redirect_uri] });
    const browser = openBrowser(server);
    const { state } = await signIn(browser, authorizeUrl(client_id, challenge, { redirect_uri }));
    return readPage(await decide(browser, state, decision));
  }

  it("to approve is a redirect to any website, listed or not", async () => {
    for (const uri of ["https://evil.example/cb", "https://claude.ai/cb", "http://localhost:1/cb"]) {
      const { status, location } = await decided(uri, "approve");
      expect(status).toBe(303);
      expect(location?.startsWith(uri)).toBe(true);
      expect(codeOf(location)).not.toBe("");
    }
  });

  it("to deny is a page where the website is not known, with what the client is to hear", async () => {
    const { status, location, page, links } = await decided("https://evil.example/cb", "deny");
    expect({ status, location }).toEqual({ status: 200, location: null });
    expect(page).toContain("You denied");
    expect(page).toContain("opens another website");
    const { searchParams } = new URL(links[0] ?? "");
    expect(searchParams.get("error")).toBe("access_denied");
    expect(searchParams.get("state")).toBe("client-state");
    expect(searchParams.get("iss")).toBe("https://mcp.example");
    expect((await decided("https://claude.ai/cb", "deny")).location).toContain("error=access_denied");
  });

  it.each([
    ["cursor://anysphere.cursor-mcp/oauth/callback", true],
    ["com.example.app:/cb", true],
    ["steam://run/440", false],
    ["myapp://cb", false],
  ])("opens %s by itself after Approve: %s; after Deny never", async (uri, opensItself) => {
    const approved = await decided(uri, "approve");
    expect(approved).toMatchObject({ status: 200, location: null, opensItself });
    expect(approved.links[0]).toMatch(`${uri}?code=`);
    expect(await decided(uri, "deny")).toMatchObject({ status: 200, location: null, opensItself: false });
  });

  it("trustedRedirects adds to the lists, and builtInRedirects: false takes away what is built in", async () => {
    const mine = { trustedRedirects: ["app.example.com", "myapp:"] };
    expect((await decided("https://app.example.com/cb", "deny", mine)).location).toContain("access_denied");
    expect((await decided("https://claude.ai/cb", "deny", mine)).location).toContain("access_denied");
    expect(await decided("myapp://cb", "approve", mine)).toMatchObject({ opensItself: true });
    const none = { ...mine, builtInRedirects: false };
    expect((await decided("https://claude.ai/cb", "deny", none)).location).toBeNull();
    expect((await decided("https://app.example.com/cb", "deny", none)).location).toContain("access_denied");
    expect(await decided("cursor://x", "approve", none)).toMatchObject({ opensItself: false });
  });
});

describe("what the consent page says of a client", () => {
  const UNVERIFIED = "Anyone can use this name.";

  it.each<[string, ClientAuthenticationMethod, boolean]>([
    ["without a key", "none", false],
    ["with a secret", "client_secret_basic", true],
  ])(
    "that registered itself, %s: nothing proves its name",
    async (_, token_endpoint_auth_method, holdsKey) => {
      const server = await startServer();
      const redirect_uri = "https://claude-ai.evil.example/cb";
      const { client_id } = await register(server, {
        client_name: "Claude",
        redirect_uris: [redirect_uri],
        token_endpoint_auth_method,
      });
      const page = await consentPageOf(server, client_id, redirect_uri);
      expect(page).toContain("Claude wants to connect to Test App");
      expect(page).toContain("Registered itself and chose its own name.");
      expect(page).toContain(UNVERIFIED);
      expect(page.includes("It has a key or secret, which doesn’t prove its name.")).toBe(holdsKey);
    },
  );

  it("whose document evil.example serves: that host stands beside the name", async () => {
    const redirect_uri = "https://claude-ai.evil.example/cb";
    const server = await serverWithDocument({ redirect_uris: [redirect_uri] });
    const page = await consentPageOf(server, DOCUMENT_ID, redirect_uri);
    expect(page).toContain("Claude from evil.example wants to connect to Test App");
    expect(page).toContain("Published by evil.example, which chose its name.");
    expect(page).not.toContain("isn’t part of");
    expect(page).not.toContain("a key or secret");
  });

  it("whose document holds a key: it proves no name", async () => {
    const redirect_uri = "https://evil.example/cb";
    const keyed = { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://evil.example/jwks" };
    const server = await serverWithDocument({ redirect_uris: [redirect_uri], ...keyed });
    expect(await consentPageOf(server, DOCUMENT_ID, redirect_uri)).toContain(
      "which chose its name. It has a key or secret, which doesn’t prove its name.",
    );
  });

  it.each([
    ["https://other.example/cb", {}, true],
    ["https://evil.example/cb", {}, false],
    ["https://claude.ai/cb", {}, false],
    ["https://claude.ai/cb", { builtInRedirects: false }, true],
    ["https://other.example/cb", { trustedRedirects: ["other.example"] }, false],
    ["myapp://cb", {}, true],
    ["cursor://x", {}, false],
  ])("whose document sends people to %s, with %j: warned %s", async (redirect_uri, options, isWarned) => {
    const server = await serverWithDocument({ redirect_uris: [redirect_uri] }, options);
    const page = await consentPageOf(server, DOCUMENT_ID, redirect_uri);
    expect(page.includes("isn’t part of evil.example, which publishes this app.")).toBe(isWarned);
  });

  it("that the operator registered: its name is proven", async () => {
    const redirect_uri = "https://reports.example/cb";
    const server = await startServer({
      clients: [{ id: "reports", name: "Reports", redirectUris: [redirect_uri] }],
    });
    const page = await consentPageOf(server, "reports", redirect_uri);
    expect(page).toContain("Reports wants to connect to Test App");
    expect(page).toContain("Added by the operator of Test App.");
    expect(page).not.toContain(UNVERIFIED);
    expect(page).not.toContain("chose its");
  });

  it("names the host on the sign-in page too", async () => {
    const server = await serverWithDocument({ redirect_uris: ["https://evil.example/cb"] });
    const browser = openBrowser(server);
    const begun = await ask(browser, DOCUMENT_ID, { redirect_uri: "https://evil.example/cb" });
    const page = await (await browser.request(begun.headers.get("location") ?? "")).text();
    expect(page).toContain('<bdi>Claude</bdi> from <code class="host">evil.example</code>');
  });

  it("and the sealed request that carries it stays small in the address", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const answer = await ask(openBrowser(server), client_id, {});
    expect(answer.headers.get("location")?.length).toBeLessThan(1200);
  });
});

describe("redirectHosts", () => {
  const redirectHosts = ["claude.ai", "*.example.com", "cursor:"];

  const refused = async (server: TestServer, redirect_uris: readonly string[]) => {
    const answer = await postJson(server, "/oauth/register", {
      redirect_uris,
      token_endpoint_auth_method: "none",
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };

  it.each([
    ["https://claude.ai/cb", true],
    ["https://app.example.com/cb", true],
    ["http://127.0.0.1:1/cb", true],
    ["http://localhost/cb", true],
    ["cursor://x", true],
    ["https://example.com/cb", false],
    ["https://claude.com/cb", false],
    ["https://claude.ai:8443/cb", false],
    ["https://claude.ai.evil.example/cb", false],
    ["vscode://x", false],
    ["com.example.app:/cb", false],
  ])("a registration for %s: %s", async (uri, isTaken) => {
    const server = await startServer({ redirectHosts });
    const { status, body } = await refused(server, [uri]);
    expect(status).toBe(isTaken ? 201 : 400);
    if (!isTaken) expect(body.error).toBe("invalid_redirect_uri");
  });

  it("names the one of three addresses that is not allowed, and keeps nothing", async () => {
    const server = await startServer({ redirectHosts });
    const { body } = await refused(server, [
      "cursor://x",
      "https://www.cursor.com/cb",
      "http://localhost/cb",
    ]);
    expect(body.error_description).toBe(
      "The redirect URI 'https://www.cursor.com/cb' cannot be used: " +
        "this server does not allow clients to send people there.",
    );
    expect(await server.store.listClients()).toEqual([]);
  });

  it("an empty list leaves loopback addresses alone", async () => {
    const server = await startServer({ redirectHosts: [] });
    expect((await refused(server, ["https://claude.ai/cb"])).status).toBe(400);
    expect((await refused(server, ["http://127.0.0.1/cb"])).status).toBe(201);
  });

  it("a document with such an address is refused on a page that names it", async () => {
    const redirect_uris = ["https://claude.ai/cb", "https://evil.example/cb"];
    const server = await serverWithDocument({ redirect_uris }, { redirectHosts });
    const answer = await readPage(
      await ask(openBrowser(server), DOCUMENT_ID, { redirect_uri: "https://claude.ai/cb" }),
    );
    expect(answer).toMatchObject({ status: 400, location: null, links: [] });
    expect(answer.page).toContain("https://evil.example/cb");
  });

  it("the operator's own clients are exempt", async () => {
    const redirect_uri = "https://reports.example/cb";
    const server = await startServer({ redirectHosts, clients: [{ id: "x", redirectUris: [redirect_uri] }] });
    const browser = openBrowser(server);
    const { state } = await signIn(browser, authorizeUrl("x", challenge, { redirect_uri }));
    expect((await decide(browser, state, "approve")).headers.get("location")).toMatch(redirect_uri);
  });

  it("is asked again at /authorize and at approval, for who came before the option", async () => {
    const directory = mkdtempSync(join(tmpdir(), "gatehouse-redirects-"));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const shared = { database: join(directory, "shared.db"), secret: "s".repeat(32) };
    const before = await startServer(shared);
    const redirect_uri = "https://evil.example/cb";
    const { client_id } = await register(before, { redirect_uris: [redirect_uri] });

    const after = await startServer({ ...shared, redirectHosts });
    const browser = openBrowser({
      fetch: (request) => (request.url.includes("/consent") ? after.fetch(request) : before.fetch(request)),
    });
    const { state } = await signIn(browser, authorizeUrl(client_id, challenge, { redirect_uri }));
    const approved = await readPage(await decide(browser, state, "approve"));
    expect(approved).toMatchObject({ status: 400, location: null, links: [] });
    expect(approved.page).toContain("does not allow clients to send people there");
    expect(await after.store.listGrants({})).toEqual([]);

    const asked = await readPage(await ask(openBrowser(after), client_id, { redirect_uri }));
    expect(asked).toMatchObject({ status: 400, location: null, links: [] });
    expect(asked.page).toContain("does not allow clients to send people there");
  });
});

describe("registration: false", () => {
  it("is in the metadata, and the endpoint says so and keeps nothing", async () => {
    const server = await startServer({ registration: false });
    for (const path of ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]) {
      const document = await (await server.fetch(new Request(`https://mcp.example${path}`))).json();
      expect(document).not.toHaveProperty("registration_endpoint");
      expect(document).toHaveProperty("client_id_metadata_document_supported", true);
    }
    for (const path of ["/oauth/register", "/register"]) {
      const answer = await postJson(server, path, { redirect_uris: ["http://127.0.0.1/cb"] });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toEqual({
        error: "access_denied",
        error_description:
          "Dynamic client registration is off on this server. Ask its operator to add the client.",
      });
    }
    expect(await server.store.listClients()).toEqual([]);
    expect(server.lines.at(-1)?.name).toBe("client.refused");
  });

  it("leaves documents and the operator's clients as they are", async () => {
    const redirect_uri = "https://evil.example/cb";
    const options = { registration: false, clients: [{ id: "x", redirectUris: [redirect_uri] }] };
    const server = await serverWithDocument({ redirect_uris: [redirect_uri] }, options);
    for (const clientId of [DOCUMENT_ID, "x"]) {
      const answer = await ask(openBrowser(server), clientId, { redirect_uri });
      expect(answer.headers.get("location")).toContain("/oauth/login");
    }
  });

  it("is on unless said", async () => {
    const server = await startServer();
    const url = "https://mcp.example/.well-known/oauth-authorization-server";
    expect(await (await server.fetch(new Request(url))).json()).toHaveProperty(
      "registration_endpoint",
      "https://mcp.example/oauth/register",
    );
  });
});
