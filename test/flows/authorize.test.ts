import { describe, expect, it } from "vitest";
import { authorizeUrl, newPkce, REDIRECT_URI, RESOURCE, register } from "../support/client.ts";
import { openBrowser, signIn } from "../support/person.ts";
import { startServer } from "../support/server.ts";

const { challenge } = newPkce();
const TRUSTED_URI = "https://claude.ai/api/mcp/auth_callback";

describe("until client and address are settled, every error is a page (RFC 6749 §4.1.2.1)", () => {
  it.each([
    ["an unknown client", { client_id: "nobody" }],
    ["a missing client", { client_id: undefined }],
    ["an address of nobody", { redirect_uri: "https://evil.example/cb" }],
    ["a longer path", { redirect_uri: `${REDIRECT_URI}/more` }],
    ["another case", { redirect_uri: "https://CLIENT.example/callback" }],
    ["a script", { redirect_uri: "javascript:alert(1)" }],
  ])("%s", async (_name, changes) => {
    const server = await startServer();
    const { client_id } = await register(server);
    const response = await openBrowser(server).request(authorizeUrl(client_id, challenge, changes));
    const page = await response.text();
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(response.headers.get("location")).toBeNull();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(page).not.toMatch(/<a\s|href=|action=/);
  });

  it.each([
    ["https://evil.example/cb", "https://evil.example/cb"],
    [`${REDIRECT_URI}/`, `${REDIRECT_URI}/`],
    ["https://client.example\u202E/kcabllac", "https://client.example%E2%80%AE/kcabllac"],
    ["https://cl\u0456ent.example/callback", "https://cl%D1%96ent.example/callback"],
    ["x' is fine. Call +1 555", "x%27%20is%20fine.%20Call%20+1%20555"],
    [
      "https://a.example/<script>alert(1)</script>",
      "https://a.example/&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
    [`https://a.example/${"x".repeat(3000)}`, `https://a.example/${"x".repeat(182)}...`],
  ])(
    "an unregistered address is shown as text, in no disguise and not at any length: %s",
    async (uri, shown) => {
      const server = await startServer();
      const { client_id } = await register(server);
      const response = await openBrowser(server).request(
        authorizeUrl(client_id, challenge, { redirect_uri: uri }),
      );
      const page = (await response.text()).replaceAll("&#39;", "'");
      expect(page).toContain(`The redirect_uri '${shown}' is not one that this client registered.`);
      expect(page).not.toContain("x".repeat(201));
      expect(page).not.toMatch(/<a\s|href=/);
    },
  );

  it.each(["client_id", "redirect_uri"])("a repeated %s", async (name) => {
    const server = await startServer();
    const { client_id } = await register(server);
    const url = new URL(authorizeUrl(client_id, challenge));
    url.searchParams.append(name, url.searchParams.get(name) ?? "");
    const response = await openBrowser(server).request(url.href);
    expect(response.status).toBe(400);
    expect(response.headers.get("location")).toBeNull();
  });

  it("with the correlation id that is in the log line", async () => {
    const server = await startServer();
    const response = await openBrowser(server).request(authorizeUrl("nobody", challenge));
    const refusal = server.lines.find((line) => line.name === "request.refused");
    expect(await response.text()).toContain(refusal?.fields.correlationId as string);
  });
});

describe("after that, an error is a redirect with error, state and iss where the address is trusted (RFC 9207)", () => {
  it.each([
    ["no response_type", { response_type: undefined }, "invalid_request"],
    ["response_type=token", { response_type: "token" }, "unsupported_response_type"],
    ["response_mode=fragment", { response_mode: "fragment" }, "invalid_request"],
    ["no PKCE", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
    ["plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
    ["a method left out, which means plain", { code_challenge_method: undefined }, "invalid_request"],
    ["a challenge that is no hash", { code_challenge: "short" }, "invalid_request"],
    ["an unknown resource", { resource: "https://other.example/mcp" }, "invalid_target"],
    ["prompt=none without a session", { prompt: "none" }, "login_required"],
    ["prompt=none with another", { prompt: "none login" }, "invalid_request"],
  ])("%s", async (_name, changes, error) => {
    const server = await startServer();
    const { client_id } = await register(server, { redirect_uris: [TRUSTED_URI] });
    const response = await openBrowser(server).request(
      authorizeUrl(client_id, challenge, { redirect_uri: TRUSTED_URI, ...changes }),
    );
    expect([302, 303]).toContain(response.status);
    const location = new URL(response.headers.get("location") ?? "");
    expect(location.origin + location.pathname).toBe(TRUSTED_URI);
    expect(location.searchParams.get("error")).toBe(error);
    expect(location.searchParams.get("state")).toBe("client-state");
    expect(location.searchParams.get("iss")).toBe("https://mcp.example");
    expect(location.searchParams.get("code")).toBeNull();
  });

  it.each(["state", "scope", "code_challenge", "response_type"])("a repeated %s", async (name) => {
    const server = await startServer();
    const { client_id } = await register(server, { redirect_uris: [TRUSTED_URI] });
    const url = new URL(authorizeUrl(client_id, challenge, { redirect_uri: TRUSTED_URI }));
    url.searchParams.append(name, "again");
    const response = await openBrowser(server).request(url.href);
    expect(new URL(response.headers.get("location") ?? "").searchParams.get("error")).toBe("invalid_request");
  });

  it("but a repeated resource that is ours is fine (RFC 8707 §2)", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const url = new URL(authorizeUrl(client_id, challenge));
    url.searchParams.append("resource", `${RESOURCE}/`);
    const response = await openBrowser(server).request(url.href);
    expect(response.headers.get("location")).toContain("/oauth/login");
  });
});

describe("what is understood", () => {
  it.each([
    ["no resource, as clients of 2025-03-26 send", { resource: undefined }],
    [
      "offline_access and prompt=consent, as claude.ai sends",
      { scope: "mcp offline_access", prompt: "consent" },
    ],
    ["unknown scopes, which are narrowed away", { scope: "mcp admin:everything" }],
    ["no scope, which means the default", { scope: undefined }],
  ])("%s", async (_name, changes) => {
    const server = await startServer();
    const { client_id } = await register(server);
    const browser = openBrowser(server);
    const { location } = await signIn(browser, authorizeUrl(client_id, challenge, changes));
    const page = await (await browser.request(location)).text();
    expect(page).toContain('value="mcp"');
    expect(page).not.toContain("admin:everything");
    expect(page).not.toContain('value="offline_access"');
  });

  it("the bare /authorize too", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const url = authorizeUrl(client_id, challenge).replace("/oauth/authorize", "/authorize");
    expect((await openBrowser(server).request(url)).headers.get("location")).toContain("/oauth/login");
  });

  it.each([
    ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"],
    ["http://localhost/callback", "http://localhost:3118/callback"],
    ["http://[::1]:8080/cb", "http://[::1]:1/cb"],
    ["cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback"],
  ])("%s registered, %s asked (RFC 8252 §7.3)", async (registered, asked) => {
    const server = await startServer();
    const { client_id } = await register(server, { redirect_uris: [registered] });
    const response = await openBrowser(server).request(
      authorizeUrl(client_id, challenge, { redirect_uri: asked }),
    );
    expect(response.headers.get("location")).toContain("/oauth/login");
  });

  it("a session skips the sign-in; prompt=login does not; prompt=none cannot approve", async () => {
    const server = await startServer();
    const { client_id } = await register(server, { redirect_uris: [TRUSTED_URI] });
    const browser = openBrowser(server);
    const trusted = { redirect_uri: TRUSTED_URI };
    await signIn(browser, authorizeUrl(client_id, challenge, trusted));
    const go = async (changes = {}) =>
      (await browser.request(authorizeUrl(client_id, challenge, { ...trusted, ...changes }))).headers.get(
        "location",
      ) ?? "";
    expect(await go()).toContain("/oauth/consent");
    expect(await go({ prompt: "login" })).toContain("/oauth/login");
    expect(new URL(await go({ prompt: "none" })).searchParams.get("error")).toBe("consent_required");
    server.advance(13 * 3600);
    expect(await go()).toContain("/oauth/login");
  });
});

it("opening /authorize writes nothing", async () => {
  const server = await startServer();
  const { client_id } = await register(server);
  const browser = openBrowser(server);
  for (let i = 0; i < 20; i++) await signIn(browser, authorizeUrl(client_id, newPkce().challenge));
  expect(await server.store.listGrants({})).toEqual([]);
});
