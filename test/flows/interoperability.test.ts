import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  authorize,
  authorizeUrl,
  callTool,
  codeOf,
  connect,
  newPkce,
  postForm,
  RESOURCE,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { openBrowser, signIn } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

// What goes wrong with clients in the field.

const directory = mkdtempSync(join(tmpdir(), "gatehouse-field-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the MCP URL with a slash more", () => {
  it("is served like the one without, and not redirected: the token would be lost", async () => {
    const server = await startServer();
    const { access_token } = await connect(server);
    const atSlash = {
      fetch: (request: Request) => server.fetch(new Request(`${request.url}/`, request)),
    };
    expect((await callTool(atSlash, access_token)).status).toBe(200);
    expect((await callTool(atSlash, undefined)).status).toBe(401);
  });
});

describe("more instances than one, behind anything that balances", async () => {
  const options = { database: join(directory, "instances.db"), secret: SECRET };
  const one = await startServer(options);
  const two = await startServer(options);
  /** Each request goes to the other instance. */
  function inTurn(): Pick<TestServer, "fetch"> {
    let next = 0;
    return { fetch: (request) => (next++ % 2 === 0 ? one : two).fetch(request) };
  }
  const bothAtOnce = (send: (server: TestServer) => Promise<Response>) =>
    Promise.all(Array.from({ length: 10 }, (_, i) => send(i % 2 === 0 ? one : two)));

  it("the whole dance works: nothing that the next request needs is in one's memory", async () => {
    const server = inTurn();
    const { clientId, access_token, refresh_token } = await connect(server);
    for (let i = 0; i < 2; i++) expect((await callTool(server, access_token)).status).toBe(200);
    const next = await tokensOf(refresh(server, clientId, refresh_token));
    expect((await tokensOf(refresh(server, clientId, refresh_token))).refresh_token).toBe(next.refresh_token);
    for (let i = 0; i < 2; i++) expect((await callTool(server, next.access_token)).status).toBe(200);
  });

  it("a code that is redeemed at both at once is redeemed once", async () => {
    const { client_id } = await register(one);
    const authorized = await authorize(inTurn(), client_id);
    const answers = await bothAtOnce((server) => redeem(server, client_id, authorized));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("a refresh token that is used at both at once gets one successor, ten times", async () => {
    const { clientId, refresh_token } = await connect(inTurn());
    const answers = await bothAtOnce((server) => refresh(server, clientId, refresh_token));
    const successors = await Promise.all(
      answers.map(async (answer) => (await tokensOf(answer)).refresh_token),
    );
    expect(new Set(successors).size).toBe(1);
    await tokensOf(refresh(two, clientId, successors[0] ?? ""));
  });

  it("an approval that is sent to both at once is one grant with one code", async () => {
    const { client_id } = await register(one);
    const pkce = newPkce();
    const browser = openBrowser(one);
    const { state } = await signIn(browser, authorizeUrl(client_id, pkce.challenge));
    const headers = { cookie: browser.cookie(), "sec-fetch-site": "same-origin" };
    const fields = { state, decision: "approve", scope: "mcp" };
    const answers = await bothAtOnce((server) => postForm(server, "/oauth/consent", fields, headers));
    const codes = answers.map((answer) => codeOf(answer.headers.get("location")));
    expect(new Set(codes).size).toBe(1);
    await tokensOf(redeem(two, client_id, { code: codes[0] ?? "", verifier: pkce.verifier }));
  });
});

describe("a database that was lost", () => {
  it("is 401 invalid_client to a client that refreshes, which registers again, under the same id", async () => {
    const before = await startServer({ secret: SECRET });
    const { clientId, access_token, refresh_token } = await connect(before);
    const after = await startServer({ secret: SECRET });
    expect((await callTool(after, access_token)).status).toBe(401);
    const unknown = await refresh(after, clientId, refresh_token);
    expect(unknown.status).toBe(401);
    expect(await unknown.json()).toMatchObject({ error: "invalid_client" });
    expect((await register(after)).client_id).toBe(clientId);
    const gone = await refresh(after, clientId, refresh_token);
    expect(await gone.json()).toMatchObject({ error: "invalid_grant" });
    expect((await callTool(after, (await connect(after)).access_token)).status).toBe(200);
  });

  it("is a page to a person, that says to add the connection again", async () => {
    const server = await startServer();
    const page = await openBrowser(server).request(authorizeUrl("dcr_lost", newPkce().challenge));
    expect(page.status).toBe(400);
    expect(await page.text()).toMatch(/add it again/);
  });
});

it("a client that registered no scope can step up, to the union, with one 403", async () => {
  const server = await startServer();
  const { client_id } = await register(server, {
    redirect_uris: ["http://localhost/callback"],
    scope: undefined,
  });
  const redirect_uri = "http://localhost:3118/callback";
  const withScope = async (scopes: readonly string[]) => {
    const authorized = await authorize(server, client_id, { scopes, params: { redirect_uri } });
    return tokensOf(redeem(server, client_id, authorized, { redirect_uri }));
  };
  const first = await withScope(["mcp", "todo:read"]);
  const refused = await callTool(server, first.access_token, "create_todo", { title: "x" });
  expect(refused.status).toBe(403);
  const [, asked = ""] = /scope="([^"]*)"/.exec(refused.headers.get("www-authenticate") ?? "") ?? [];
  expect(asked.split(" ").sort()).toEqual(["mcp", "todo:read", "todo:write"]);
  const second = await withScope(asked.split(" "));
  expect((await callTool(server, second.access_token, "create_todo", { title: "x" })).status).toBe(200);
  expect((await callTool(server, first.access_token)).status).toBe(200);
});

it("issuer and resource may come with a slash more wherever we listen, and never go out with one", async () => {
  const server = await startServer();
  const { client_id } = await register(server);
  const slashed = `${RESOURCE}/`;
  const authorized = await authorize(server, client_id, { params: { resource: slashed } });
  const tokens = await tokensOf(redeem(server, client_id, authorized, { resource: slashed }));
  const claims = JSON.parse(Buffer.from(tokens.access_token.split(".")[1] ?? "", "base64url").toString());
  expect(claims).toMatchObject({ iss: "https://mcp.example", aud: RESOURCE });
  await tokensOf(refresh(server, client_id, tokens.refresh_token, { resource: slashed }));
});
