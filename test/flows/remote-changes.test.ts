import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decodeProtectedHeader } from "jose";
import { afterAll, expect, it, vi } from "vitest";
import { makeSigningKey, rotateSigningKey } from "../../src/authorization-server/tokens/signing-keys.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { authorizeUrl, callTool, connect, newPkce, refresh, tokensOf } from "../support/client.ts";
import { claimsOf, SECRET } from "../support/forge.ts";
import { openBrowser } from "../support/person.ts";
import { startServer } from "../support/server.ts";
import { KEY_ROTATED, REMOVED, REVOKED, SECRET_ROTATED } from "../support/store/samples.ts";
import { openTestStore as openSqliteStore } from "../support/store/test-store.ts";

// A command beside the running server: another connection to its file, which the server must follow by itself.

const directory = mkdtempSync(join(tmpdir(), "gatehouse-outside-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

/** A server with somebody connected and their token in its cache, and the store as a command opens it. */
async function connectedBesideACommand() {
  const database = join(directory, `${++files}.db`);
  const server = await startServer({ database, secret: SECRET });
  const tokens = await connect(server, { scopes: ["mcp"] });
  expect((await callTool(server, tokens.access_token)).status).toBe(200);
  const command = await openSqliteStore({ database });
  return { server, command, database, ...tokens, grantId: String(claimsOf(tokens.access_token).gid) };
}

type Answering = Parameters<typeof callTool>[0];
const statusOf = async (server: Answering, token: string) => (await callTool(server, token)).status;
/** Fails only where the server does not follow at all. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 50 });

it("a revoked grant: its verified tokens stop, its refresh token too, and no other grant's", async () => {
  const { server, command, access_token, refresh_token, clientId, grantId } = await connectedBesideACommand();
  const bystander = await connect(server, { scopes: ["mcp"] });
  expect(await statusOf(server, bystander.access_token)).toBe(200);
  await command.revokeGrant(grantId, "operator", server.now(), REVOKED);
  await soon(async () => expect(await statusOf(server, access_token)).toBe(401));
  expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
  expect(await statusOf(server, bystander.access_token)).toBe(200);
});

it("a grant that was revoked long before the server could look, as after a suspended process", async () => {
  const { server, command, access_token, grantId } = await connectedBesideACommand();
  await command.revokeGrant(grantId, "operator", server.now(), REVOKED);
  server.advance(10 * 60);
  await soon(async () => expect(await statusOf(server, access_token)).toBe(401));
});

it("a grant whose revocation could not be read at first: it is tried again", async () => {
  const { server, command, access_token, database, grantId } = await connectedBesideACommand();
  const failures = () => server.lines.filter(({ name }) => name.includes("could not be read")).length;
  await command.revokeGrant(grantId, "operator", server.now(), REVOKED);
  const file = new DatabaseSync(database);
  file.exec("ALTER TABLE changes RENAME TO away");
  await soon(async () => expect(failures()).toBeGreaterThan(1));
  server.advance(10 * 60);
  file.exec("ALTER TABLE away RENAME TO changes");
  file.close();
  await soon(async () => expect(await statusOf(server, access_token)).toBe(401));
});

it("a removed client: it is unknown, and its grants have ended", async () => {
  const { server, command, access_token, refresh_token, clientId } = await connectedBesideACommand();
  await command.removeClient(clientId, server.now(), REMOVED);
  await soon(async () => {
    const answer = await refresh(server, clientId, refresh_token);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: "invalid_client" });
    expect(await statusOf(server, access_token)).toBe(401);
  });
  const page = await openBrowser(server).request(authorizeUrl(clientId, newPkce().challenge));
  expect(page.status).toBe(400);
});

it("a rotated key: published at once, signing after the caches of others, and old tokens go on", async () => {
  const { server, command, access_token, refresh_token, clientId } = await connectedBesideACommand();
  const keyring = createKeyring([SECRET]);
  const added = await rotateSigningKey({ store: command, keyring, clock: server.now }, () => KEY_ROTATED);
  const published = async () => {
    const response = await server.fetch(new Request("https://mcp.example/oauth/jwks"));
    return ((await response.json()) as { keys: { kid: string; d?: string }[] }).keys;
  };
  await soon(async () => expect((await published()).map((key) => key.kid)).toContain(added.kid));
  expect(await published()).toHaveLength(2);
  for (const key of await published()) expect(key).not.toHaveProperty("d");
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const before = await tokensOf(refresh(server, clientId, refresh_token));
  expect(kidOf(before.access_token)).not.toBe(added.kid);
  server.advance(10 * 60);
  const after = await tokensOf(refresh(server, clientId, before.refresh_token));
  expect(kidOf(after.access_token)).toBe(added.kid);
  for (const token of [access_token, before.access_token, after.access_token]) {
    expect(await statusOf(server, token)).toBe(200);
  }
});

it("a key that is taken away: what it signed stops, also where it was verified before", async () => {
  const { server, command, access_token } = await connectedBesideACommand();
  const key = await makeSigningKey({ keyring: createKeyring([SECRET]), clock: server.now }, server.now());
  await command.replaceSigningKeys(key, SECRET_ROTATED);
  await soon(async () => expect(await statusOf(server, access_token)).toBe(401));
});
