import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  authorize,
  authorizeUrl,
  connect,
  newPkce,
  postForm,
  RESOURCE,
  redeem,
  refresh,
  register,
  type Tokens,
  tokensOf,
} from "../support/client.ts";
import { claimsOf, SECRET } from "../support/forge.ts";
import { openBrowser } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

// RFC 8707: VS Code, Claude Code and ChatGPT send the URL as the person typed it.

const SPELLINGS = [
  `${RESOURCE}?utm_source=x`,
  `${RESOURCE}?`,
  `${RESOURCE}/`,
  "HTTPS://MCP.EXAMPLE/mcp",
  "https://mcp.example:443/mcp",
];
const OTHERS = [
  "https://other.example/mcp",
  `${RESOURCE}#part`,
  "https://ada@mcp.example/mcp",
  "https://mcp.example/MCP",
];
const PROGRAM = {
  id: "reports",
  secret: "a secret of the reports program",
  grantTypes: ["client_credentials"],
};

const askForProgram = (server: TestServer, resource: string) =>
  postForm(server, "/oauth/token", {
    grant_type: "client_credentials",
    client_id: PROGRAM.id,
    client_secret: PROGRAM.secret,
    resource,
  });

/** A form with one name several times. */
function postPairs(server: TestServer, pairs: [string, string][]): Promise<Response> {
  return server.fetch(
    new Request("https://mcp.example/oauth/token", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(pairs).toString(),
    }),
  );
}

const audienceOf = ({ access_token }: Tokens) => claimsOf(access_token).aud;

describe("a resource in another spelling", () => {
  it.each(SPELLINGS)("is ours everywhere, and what is issued is the canonical one: %s", async (resource) => {
    const server = await startServer({ clients: [PROGRAM] });
    const { client_id } = await register(server);
    const authorized = await authorize(server, client_id, { params: { resource } });
    const tokens = await tokensOf(redeem(server, client_id, authorized, { resource }));
    expect(audienceOf(tokens)).toBe(RESOURCE);
    const refreshed = await tokensOf(refresh(server, client_id, tokens.refresh_token, { resource }));
    expect(audienceOf(refreshed)).toBe(RESOURCE);
    expect(audienceOf(await tokensOf(askForProgram(server, resource)))).toBe(RESOURCE);
  });

  it("may stand beside the others, and all of them are looked at", async () => {
    const server = await startServer();
    const { clientId, refresh_token } = await connect(server);
    const ask = (last: string) =>
      postPairs(server, [
        ["grant_type", "refresh_token"],
        ["client_id", clientId],
        ["refresh_token", refresh_token],
        ...SPELLINGS.map((resource) => ["resource", resource] as [string, string]),
        ["resource", last],
      ]);
    expect(await (await ask(OTHERS[0] ?? "")).json()).toMatchObject({ error: "invalid_target" });
    expect(audienceOf(await tokensOf(ask(RESOURCE)))).toBe(RESOURCE);
  });
});

describe("another resource", () => {
  it.each(OTHERS)(
    "is invalid_target with the one that is right, and changes nothing: %s",
    async (resource) => {
      const server = await startServer({ clients: [PROGRAM] });
      const { client_id } = await register(server);
      const sentence = {
        error: "invalid_target",
        error_description: expect.stringContaining(RESOURCE),
      };
      const refusalOf = async (answer: Promise<Response>) => (await answer).json();

      // A loopback address is trusted enough to be redirected to with an error.
      const redirect_uri = "http://localhost/callback";
      const local = await register(server, { redirect_uris: [redirect_uri] });
      const url = authorizeUrl(local.client_id, newPkce().challenge, { redirect_uri, resource });
      const location = new URL((await openBrowser(server).request(url)).headers.get("location") ?? "");
      expect(Object.fromEntries(location.searchParams)).toMatchObject(sentence);

      const authorized = await authorize(server, client_id);
      expect(await refusalOf(redeem(server, client_id, authorized, { resource }))).toEqual(sentence);
      const { refresh_token } = await tokensOf(redeem(server, client_id, authorized));
      expect(await refusalOf(refresh(server, client_id, refresh_token, { resource }))).toEqual(sentence);
      const next = await tokensOf(refresh(server, client_id, refresh_token));
      expect(next.refresh_token).toContain(".2.");
      expect(await refusalOf(askForProgram(server, resource))).toEqual(sentence);
      expect(await server.store.listGrants({ clientId: PROGRAM.id })).toEqual([]);
    },
  );
});

describe("a grant of before the path was changed", () => {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-path-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("is not refreshed for the resource of now, and stays as it was for its own", async () => {
    const options = { database: join(directory, "moved.db"), secret: SECRET };
    const before = await startServer(options);
    const { clientId, refresh_token } = await connect(before);
    await before.drain();
    await before.close();
    const server = await startServer({ ...options, path: "/tools" });
    const answer = await refresh(server, clientId, refresh_token, { resource: "https://mcp.example/tools" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: "invalid_grant" });
    expect(server.lines).toContainEqual({
      name: "token.refused",
      fields: expect.objectContaining({ reason: `the grant is for another resource: ${RESOURCE}` }),
    });
    const next = await tokensOf(refresh(server, clientId, refresh_token));
    expect(next.refresh_token).toContain(".2.");
    expect(audienceOf(next)).toBe(RESOURCE);
  });
});
