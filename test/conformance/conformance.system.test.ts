import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../src/platform/logging.ts";
import { createOAuthServer, type OAuthServer } from "../../src/server/create-oauth-server.ts";
import { approve, DEMO, openNetworkBrowser } from "../support/network.ts";
import { fixtureState, registerFixture } from "./fixture-server.ts";
import { type Forwarder, startForwarder } from "./forwarder.ts";
import { runServerScenarios, scoredScenarios } from "./runner.ts";

let server: OAuthServer;
let forwarder: Forwarder;

beforeAll(async () => {
  server = createOAuthServer(
    "Conformance fixture",
    (username, password) => (username === DEMO.username && password === DEMO.password ? username : null),
    {
      host: "127.0.0.1",
      port: 0,
      database: ":memory:",
      sessions: true,
      handleSignals: false,
      requestState: fixtureState,
      log: silentLog,
    },
  );
  registerFixture(server);
  const { url } = await server.listen();
  forwarder = await startForwarder(url, await accessTokenFor(url));
});

afterAll(async () => {
  await forwarder?.close();
  await server?.close();
});

describe.each(["2025-11-25", "2026-07-28"])("the server scenarios that %s requires", (revision) => {
  it("pass through the guard", { timeout: 300_000 }, async () => {
    const scored = await scoredScenarios(revision);
    expect(scored.length).toBeGreaterThan(25);
    const { exitCode, scenarios, output } = await runServerScenarios(forwarder.url, revision);
    const results = scored.map((name) => ({ name, ...scenarios.get(name) }));
    expect(
      results.filter(({ passed, failed }) => !passed || failed !== 0),
      output,
    ).toEqual([]);
    expect(exitCode, output).toBe(0);
  });
});

/** The token of a client that a person approved, for the runner to have. */
async function accessTokenFor(mcpUrl: string): Promise<string> {
  const { origin } = new URL(mcpUrl);
  const redirectUri = "http://127.0.0.1/callback";
  const { client_id } = await answerOf(
    fetch(`${origin}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: "none" }),
    }),
  );
  const verifier = randomBytes(32).toString("base64url");
  const authorizeUrl = new URL("/oauth/authorize", origin);
  authorizeUrl.search = String(
    new URLSearchParams({
      response_type: "code",
      client_id,
      redirect_uri: redirectUri,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      resource: mcpUrl,
    }),
  );
  const back = await approve(openNetworkBrowser(origin), authorizeUrl, DEMO);
  const { access_token } = await answerOf(
    fetch(`${origin}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        client_id,
        redirect_uri: redirectUri,
        code: back.searchParams.get("code") ?? "",
        code_verifier: verifier,
      }),
    }),
  );
  return access_token;
}

async function answerOf(answer: Promise<Response>) {
  const response = await answer;
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${JSON.stringify(body)}`);
  return body as { readonly client_id: string; readonly access_token: string };
}
