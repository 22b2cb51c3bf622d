import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { callTool, connect, refresh } from "../support/client.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { KEY_ROTATED } from "../support/store/samples.ts";

let folder: string;
let database: string;
let server: TestServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-probes-"));
  database = join(folder, "gatehouse.db");
  server = await startServer({ database });
});
afterEach(async () => {
  await server.drain();
  await server.close();
  rmSync(folder, { recursive: true });
});

function probe(path: string, at = server): Promise<Response> {
  return at.fetch(new Request(`https://mcp.example${path}`));
}

async function readiness(): Promise<unknown> {
  server.advance(1);
  const response = await probe("/ready");
  return { status: response.status, ...((await response.json()) as object) };
}

/** What somebody else does to the database file. */
function outside(sql: string): void {
  const other = new DatabaseSync(database);
  other.exec(sql);
  other.close();
}

const READY = { status: "ready" };

describe("/ready", () => {
  it("is 200 once the server is open", async () => {
    expect(await (await probe("/ready")).json()).toEqual(READY);
  });

  it("names the database where it does not answer, while /health goes on", async () => {
    await server.store.close();
    expect(await readiness()).toEqual({
      status: "not ready",
      failed: "database",
      reason: "The database does not answer.",
    });
    expect((await probe("/ready")).status).toBe(503);
    expect((await probe("/health")).status).toBe(200);
  });

  it("names the writes where another program keeps the database locked, and requests that write are 503", async () => {
    const { clientId, refresh_token: token = "" } = await connect(server);
    const other = new DatabaseSync(database);
    other.exec("BEGIN IMMEDIATE");
    const probes = readiness();
    const refreshed = await refresh(server, clientId, token);
    expect(refreshed.status).toBe(503);
    expect(await probes).toEqual({
      status: "not ready",
      failed: "writes",
      reason: "The database does not take writes.",
    });
    other.close();
    expect(await readiness()).toEqual(READY);
  });

  it("names the migrations where the database has fallen behind", async () => {
    outside("DELETE FROM gatehouse_migrations");
    expect(await readiness()).toMatchObject({ failed: "migrations" });
  });

  it("takes a database that is ahead: a rolling upgrade migrates it under the old version", async () => {
    outside("INSERT INTO gatehouse_migrations (name, needs) VALUES ('9999-of-tomorrow', '')");
    expect(await readiness()).toEqual(READY);
  });

  it("names the keys where the secret does not open one, and comes back with the right one", async () => {
    const sealedPrivateJwk = await createKeyring(["another secret, of another server"]).seal(
      "signing-key",
      "{}",
    );
    const [key] = await server.store.listSigningKeys();
    await server.store.addSigningKey(
      { ...key!, kid: "another", sealedPrivateJwk },
      server.now(),
      KEY_ROTATED,
    );
    expect(await readiness()).toMatchObject({ failed: "keys" });
    outside("DELETE FROM signing_keys WHERE kid = 'another'");
    expect(await readiness()).toEqual(READY);
  });

  it("names the keys where there are none any more: a token signed now would be nobody's", async () => {
    outside("DELETE FROM signing_keys");
    expect(await readiness()).toMatchObject({ failed: "keys" });
  });

  it("is 503 at once for a server that leaves, which goes on serving", async () => {
    const { access_token: token } = await connect(server);
    server.leave();
    expect((await probe("/ready")).status).toBe(503);
    expect((await callTool(server, token)).status).toBe(200);
    expect((await connect(server)).access_token).toEqual(expect.any(String));
  });

  it("is 503 for a server that drains", async () => {
    await server.drain();
    expect((await probe("/ready")).status).toBe(503);
    expect((await probe("/health")).status).toBe(200);
  });

  it("answers HEAD, and nothing but GET and HEAD", async () => {
    const head = await server.fetch(new Request("https://mcp.example/ready", { method: "HEAD" }));
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    expect((await server.fetch(new Request("https://mcp.example/ready", { method: "POST" }))).status).toBe(
      404,
    );
  });

  it("is asked by whatever name a probe knows, as /health is", async () => {
    const local = await startServer({ publicUrl: undefined });
    for (const path of ["/ready", "/health"]) {
      const request = new Request(`http://gatehouse.internal:3000${path}`);
      expect((await local.fetch(request)).status).toBe(200);
    }
    await local.drain();
    await local.close();
  });
});
