import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  authorize,
  authorizeUrl,
  callTool,
  connect,
  newPkce,
  postForm,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { decide, openBrowser, signIn } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { DISABLED, ENABLED, REMOVED } from "../support/store/samples.ts";
import { openTestStore as openSqliteStore, type TestStore } from "../support/store/test-store.ts";

// `gatehouse client disable`: another process writes it into the database of a running server.

const WHY = "The operator of this server disabled this app.";

const directory = mkdtempSync(join(tmpdir(), "gatehouse-disabled-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

let database: string;
let server: TestServer;
let command: TestStore;
beforeEach(async () => {
  files += 1;
  database = join(directory, `${files}.db`);
  server = await startServer({ database, secret: SECRET });
  command = await openSqliteStore({ database });
});
afterEach(async () => {
  await server.close();
  await command.close();
});

const statusOf = async (token: string) => (await callTool(server, token)).status;
/** Fails only where it never comes. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });
const pageFor = (clientId: string) =>
  openBrowser(server).request(authorizeUrl(clientId, newPkce().challenge));

/** Resolves once the server goes by it. */
async function disable(clientId: string): Promise<void> {
  expect(await command.disableClient(clientId, server.now(), DISABLED)).toBe(true);
  await soon(async () => expect((await pageFor(clientId)).status).toBe(400));
}

describe("a disabled client", () => {
  it("has no grant any more, and no way to another: the person reads why, and is sent nowhere", async () => {
    const { clientId, access_token, refresh_token } = await connect(server);
    const { client_id: other } = await register(server, { client_name: "Another" });
    const bystander = await tokensOf(redeem(server, other, await authorize(server, other)));
    expect(await statusOf(access_token)).toBe(200);
    await disable(clientId);
    expect(await statusOf(access_token)).toBe(401);
    const refreshed = await refresh(server, clientId, refresh_token);
    expect([refreshed.status, await refreshed.json()]).toEqual([
      400,
      { error: "unauthorized_client", error_description: WHY },
    ]);
    const page = await pageFor(clientId);
    expect(page.headers.get("location")).toBeNull();
    expect(await page.text()).toMatch(new RegExp(`${WHY}.*Connecting again does not help`, "s"));
    expect(await statusOf(bystander.access_token)).toBe(200);
  });

  it("gets nothing for what was begun before: a page to approve on, a code", async () => {
    const { client_id: clientId } = await register(server);
    const authorized = await authorize(server, clientId);
    const browser = openBrowser(server);
    const { state } = await signIn(browser, authorizeUrl(clientId, newPkce().challenge));
    await disable(clientId);
    const decided = await decide(browser, state, "approve", ["mcp"]);
    expect(decided.status).toBe(400);
    expect(await decided.text()).toContain(WHY);
    const answer = await redeem(server, clientId, authorized);
    expect(await answer.json()).toMatchObject({ error: "unauthorized_client" });
    expect(await command.listGrants({ clientId, liveAt: server.now() })).toEqual([]);
  });

  it("stays disabled where it was removed too, and registers again under the id that it had", async () => {
    const { client_id: clientId } = await register(server);
    await disable(clientId);
    await command.removeClient(clientId, server.now(), REMOVED);
    expect((await register(server)).client_id).toBe(clientId);
    expect((await pageFor(clientId)).status).toBe(400);
  });

  it("may be one of the options, or a program for itself", async () => {
    const secret = "a-secret-of-a-program";
    const program = { id: "program", secret, grantTypes: ["client_credentials"] };
    await server.close();
    server = await startServer({ database, secret: SECRET, clients: [program] });
    const ask = () =>
      postForm(server, "/oauth/token", {
        client_id: "program",
        client_secret: secret,
        grant_type: "client_credentials",
      });
    const { access_token: token } = (await (await ask()).json()) as { access_token: string };
    expect(await statusOf(token)).toBe(200);
    await command.disableClient("program", server.now(), DISABLED);
    await soon(async () => expect((await ask()).status).toBe(400));
    expect(await statusOf(token)).toBe(401);
  });

  it("has no use of a grant that it got while it was being disabled", async () => {
    const { clientId, access_token } = await connect(server);
    expect(await statusOf(access_token)).toBe(200);
    const file = new DatabaseSync(database);
    // As if the grant had come after those before it were revoked.
    file.prepare("INSERT INTO disabled_clients (id, disabled_at) VALUES (?, 1)").run(clientId);
    file.close();
    await soon(async () => expect(await statusOf(access_token)).toBe(401));
  });

  it("is disabled for a server that starts later", async () => {
    const { client_id: clientId } = await register(server);
    await command.disableClient(clientId, server.now(), DISABLED);
    await server.close();
    server = await startServer({ database, secret: SECRET });
    expect((await pageFor(clientId)).status).toBe(400);
  });
});

it("a client that is enabled again can be approved again, and what was revoked stays so", async () => {
  const { clientId, refresh_token } = await connect(server);
  await disable(clientId);
  expect(await command.enableClient(clientId, ENABLED)).toBe(true);
  await soon(async () => expect((await pageFor(clientId)).status).toBe(303));
  expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
  expect(await statusOf((await connect(server)).access_token)).toBe(200);
});
