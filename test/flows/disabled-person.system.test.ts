import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { callTool, connect, mcpRequest, RESOURCE, refresh } from "../support/client.ts";
import { claimsOf, SECRET } from "../support/forge.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { textOf } from "../support/mcp-endpoint.ts";
import { signedIn } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { openTestStore, type TestStore } from "../support/store/test-store.ts";

// `gatehouse person`: another process writes it into the database of a running server, which accepts a provider's tokens
// beside its own.

const directory = mkdtempSync(join(tmpdir(), "gatehouse-people-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

let database: string;
let issuer: Issuer;
let server: TestServer;
let command: TestStore;
beforeEach(async () => {
  database = join(directory, `${++files}.db`);
  issuer = await startIssuer(() => Date.UTC(2026, 10, 1));
  server = await startServer(
    { database, secret: SECRET },
    { alsoAccept: { issuer: issuer.url, audience: AUDIENCE, personPrefix: "okta:" } },
  );
  command = await openTestStore({ database });
  for (const id of ["ada", "grace"]) {
    const identity = { method: "password", issuer: "", subject: id };
    await signedIn(command, { person: { id }, identity, now: server.now() });
  }
});
afterEach(async () => {
  await server.close();
  await command.close();
  await issuer.close();
});

const entry = <Name extends Parameters<typeof sampleEntry>[0]>(event: Name) => sampleEntry<Name>(event);
const disable = (id: string) => command.disablePerson(id, server.now(), entry("person.disabled"));
const statusOf = async (token: string) => (await callTool(server, token)).status;
const personOf = async (token: string) =>
  JSON.parse((await textOf(await callTool(server, token))) ?? "{}").person?.id;
const ofProvider = () => issuer.mint({ sub: "00u1" });
/** Fails only where it never comes. */
const soon = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

describe("what was verified ends with the person", () => {
  it("our own tokens and a provider's, of nobody else", async () => {
    const tokens = await connect(server);
    const bystander = await connect(server, { username: "grace", password: "hopper" });
    const theirs = await ofProvider();
    const others = await issuer.mint({ sub: "00u2" });
    const all = [tokens.access_token, theirs, bystander.access_token, others];
    expect(await Promise.all(all.map(statusOf))).toEqual([200, 200, 200, 200]);
    await disable("ada");
    await disable("okta:00u1");
    await soon(async () => expect(await Promise.all(all.map(statusOf))).toEqual([401, 403, 200, 200]));
    const refused = await refresh(server, tokens.clientId, tokens.refresh_token);
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: "invalid_grant" }]);
    await command.enablePerson("okta:00u1", entry("person.enabled"));
    await soon(async () => expect(await statusOf(theirs)).toBe(200));
    // What was revoked stays so.
    await command.enablePerson("ada", entry("person.enabled"));
    expect(await statusOf(tokens.access_token)).toBe(401);
  });

  it("is asked of a provider's token once, until a person changes", async () => {
    const theirs = await ofProvider();
    await statusOf(theirs);
    const file = new DatabaseSync(database);
    // As if it had been disabled without a word: what is asked at each request would see it.
    file.exec("DROP TRIGGER changes_person_added_disabled");
    await disable("okta:00u1");
    file.close();
    for (let times = 0; times < 3; times += 1) expect(await statusOf(theirs)).toBe(200);
    await command.signOutPerson("grace", server.now(), entry("person.signed_out"));
    await soon(async () => expect(await statusOf(theirs)).toBe(403));
  });

  it("signed out: our own tokens end, and the provider's do not", async () => {
    await command.addIdentity(
      {
        method: "oidc",
        issuer: issuer.url,
        subject: "00u1",
        personId: "ada",
        label: "ada",
        now: server.now(),
      },
      entry("identity.linked"),
    );
    const { access_token } = await connect(server);
    const theirs = await ofProvider();
    expect([await personOf(access_token), await personOf(theirs)]).toEqual(["ada", "ada"]);
    await command.signOutPerson("ada", server.now(), entry("person.signed_out"));
    await soon(async () => expect(await statusOf(access_token)).toBe(401));
    expect(await personOf(theirs)).toBe("ada");
  });
});

describe("two people who are one", () => {
  it("are the survivor in tokens of both, also where they were verified before, and after a refresh", async () => {
    await command.addIdentity(
      {
        method: "oidc",
        issuer: issuer.url,
        subject: "00u1",
        personId: "grace",
        label: "g",
        now: server.now(),
      },
      entry("identity.linked"),
    );
    const tokens = await connect(server, { username: "grace", password: "hopper" });
    const theirs = await ofProvider();
    const all = [tokens.access_token, theirs];
    expect(await Promise.all(all.map(personOf))).toEqual(["grace", "grace"]);
    await command.linkPeople({ survivor: "ada", gone: "grace" }, server.now(), entry("person.linked"));
    await soon(async () => expect(await Promise.all(all.map(personOf))).toEqual(["ada", "ada"]));
    const answer = await refresh(server, tokens.clientId, tokens.refresh_token);
    const { access_token } = (await answer.json()) as { access_token: string };
    expect(await personOf(access_token)).toBe("ada");
    expect(claimsOf(access_token).sub).toBe("ada");
    await disable("ada");
    await soon(async () =>
      expect(await Promise.all([...all, access_token].map(statusOf))).toEqual([401, 403, 401]),
    );
  });
});

describe("a request that takes its time", () => {
  /** `subscriptions/listen`, which lasts until somebody ends it. */
  const listen = async (token: string) => {
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "subscriptions/listen",
      params: {
        notifications: { toolsListChanged: true },
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    });
    const request = mcpRequest(token, "POST", { body });
    request.headers.set("mcp-protocol-version", "2026-07-28");
    request.headers.set("mcp-method", "subscriptions/listen");
    const answer = await server.fetch(request);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const stream = { hasEnded: false };
    void answer.text().then(() => {
      stream.hasEnded = true;
    });
    return stream;
  };

  it("a stream ends with the person of its token, ours or a provider's, and no other stream does", async () => {
    const { access_token } = await connect(server);
    const streams = await Promise.all(
      [access_token, await ofProvider(), await issuer.mint({ sub: "00u2" })].map(listen),
    );
    const ended = () => streams.map(({ hasEnded }) => hasEnded);
    await disable("okta:00u1");
    await soon(() => expect(ended()).toEqual([false, true, false]));
    await disable("ada");
    await soon(() => expect(ended()).toEqual([true, true, false]));
    expect(await statusOf(await issuer.mint({ sub: "00u2" }))).toBe(200);
  });

  it("a stream ends also where its person was somebody else when it began", async () => {
    const stream = await listen(await ofProvider());
    const identity = { method: "oidc", issuer: issuer.url, subject: "00u1" };
    await signedIn(command, { person: { id: "x7" }, identity, now: server.now() });
    await disable("x7");
    await soon(() => expect(stream.hasEnded).toBe(true));
  });

  it("a body that arrives after the person was disabled does nothing", async () => {
    const theirs = await ofProvider();
    let send: (() => void) | undefined;
    const message = {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "whoami", arguments: {} },
    };
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = () => {
          controller.enqueue(new TextEncoder().encode(JSON.stringify(message)));
          controller.close();
        };
      },
    });
    const headers = {
      authorization: `Bearer ${theirs}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
    };
    const answer = server.fetch(
      new Request(RESOURCE, { method: "POST", headers, body, duplex: "half" } as RequestInit),
    );
    await soon(async () => expect(await statusOf(theirs)).toBe(200));
    await disable("okta:00u1");
    await soon(async () => expect(await statusOf(theirs)).toBe(403));
    send?.();
    expect((await answer).status).toBe(403);
  });
});

describe("while the database does not say who is who", () => {
  it.each(["people", "identities"])(
    "(no %s) a provider's token is 503, not refused and not let in, and good again after it",
    async (table) => {
      const theirs = await ofProvider();
      const identity = { method: "oidc", issuer: issuer.url, subject: "00u1" };
      await signedIn(command, { person: { id: "x7" }, identity, now: server.now() });
      const file = new DatabaseSync(database);
      file.exec(`ALTER TABLE ${table} RENAME TO away`);
      const answer = await callTool(server, theirs);
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(answer.headers.get("www-authenticate")).toBeNull();
      file.exec(`ALTER TABLE away RENAME TO ${table}`);
      file.close();
      await soon(async () => expect(await personOf(theirs)).toBe("x7"));
    },
  );
});
