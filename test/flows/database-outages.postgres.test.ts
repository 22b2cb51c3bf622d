import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../src/platform/logging.ts";
import { createOAuthServer } from "../../src/server/create-oauth-server.ts";
import { fetchOnceOpen } from "../../src/server/starting.ts";
import { MIGRATION_LOCK } from "../../src/store/postgres/open.ts";
import {
  authorize,
  authorizeUrl,
  callTool,
  connect,
  mcpRequest,
  newPkce,
  postForm,
  postJson,
  REDIRECT_URI,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { INITIALIZE } from "../support/mcp-endpoint.ts";
import { decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import { heardOf, startServer, type TestServer } from "../support/server.ts";

// What clients and people get while the database is away, and after it. That they get it at all while it hangs or is
// locked is what bounds the wait: nothing else ends it.

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const PROGRAM = { id: "program", secret: "a-secret-of-a-program", grantTypes: ["client_credentials"] };

async function startOnPostgres(options: Parameters<typeof startServer>[0] = {}): Promise<TestServer> {
  const database = await postgres.freshDatabase();
  return startServer({ database, secret: SECRET, clients: [PROGRAM], ...options });
}

const faults = [
  { what: "is gone", begin: () => postgres.goDown("immediate"), end: () => postgres.comeBack() },
  { what: "hangs", begin: async () => postgres.hang(), end: async () => postgres.goOn() },
] as const;

describe.each(faults)("while the database $what", ({ begin, end }) => {
  it("every endpoint that needs it answers 503 with Retry-After, a page or JSON, and works again after it", async () => {
    const server = await startOnPostgres();
    const { client_id: clientId } = await register(server);
    const { client_id: unseen } = await register(server, { client_name: "Not in memory" });
    const tokens = await connect(server);
    const authorized = await authorize(server, clientId);
    const browser = openBrowser(server);
    const { state } = await signIn(browser, authorizeUrl(clientId, newPkce().challenge));
    const atSignIn = openBrowser(server);
    const toSignIn = await atSignIn.request(authorizeUrl(clientId, newPkce().challenge));
    const asked = stateOf(toSignIn.headers.get("location"));
    const other = await startServer({
      database: server.settings.database,
      secret: SECRET,
      clients: [PROGRAM],
    });
    const program = { client_id: PROGRAM.id, client_secret: PROGRAM.secret };

    const programs = {
      register: () =>
        postJson(other, "/oauth/register", { redirect_uris: [REDIRECT_URI], client_name: "New permissions" }),
      redeem: () => redeem(server, clientId, authorized),
      refresh: () => refresh(server, tokens.clientId, tokens.refresh_token),
      "client credentials": () =>
        postForm(server, "/oauth/token", { grant_type: "client_credentials", ...program }),
      revoke: () =>
        postForm(server, "/oauth/revoke", { client_id: tokens.clientId, token: tokens.refresh_token }),
      introspect: () => postForm(server, "/oauth/introspect", { ...program, token: tokens.access_token }),
      "a call": () => callTool(server, tokens.access_token),
    };
    const people = {
      authorize: () => openBrowser(other).request(authorizeUrl(unseen, newPkce().challenge)),
      "authorize with a session": () => browser.request(authorizeUrl(clientId, newPkce().challenge)),
      "sign-in": () =>
        atSignIn.submit("/oauth/login", { state: asked, username: "ada", password: "lovelace" }),
      consent: () => decide(browser, state, "approve", ["mcp"]),
    };

    await begin();
    try {
      await Promise.all(
        Object.entries(programs).map(async ([name, ask]) => {
          const answer = await ask();
          expect(answer.status, name).toBe(503);
          expect(Number(answer.headers.get("retry-after")), name).toBeGreaterThan(0);
          expect(answer.headers.get("www-authenticate"), name).toBeNull();
          expect(await answer.json(), name).toMatchObject({ error: "temporarily_unavailable" });
        }),
      );
      await Promise.all(
        Object.entries(people).map(async ([name, ask]) => {
          const answer = await ask();
          expect(answer.status, name).toBe(503);
          expect(Number(answer.headers.get("retry-after")), name).toBeGreaterThan(0);
          expect(answer.headers.get("content-type"), name).toContain("text/html");
          expect(await answer.text(), name).toContain("Try again.");
        }),
      );
      expect((await server.fetch(new Request("https://mcp.example/health"))).status).toBe(200);
      expect((await server.fetch(new Request("https://mcp.example/ready"))).status).toBe(503);
      // Where to connect is the same; who is signed in can't be told.
      const status = await browser.request("/");
      expect(status.status).toBe(200);
      expect(await status.text()).not.toContain("Ada Lovelace");
    } finally {
      await end();
    }
    expect(await (await browser.request("/")).text()).toContain("Ada Lovelace");

    const answer = await decide(browser, state, "approve", ["mcp"]);
    expect(new URL(answer.headers.get("location") ?? "").searchParams.get("code")).not.toBeNull();
    await tokensOf(
      connect(server).then(({ clientId: id, refresh_token }) => refresh(server, id, refresh_token)),
    );
  });
});

describe("staleSeconds", () => {
  const statusOf = async (server: TestServer, token: string) => (await callTool(server, token)).status;
  const soon = { timeout: 20_000, interval: 20 };

  /** A server that has let this token in, and heard from its database. */
  async function known(staleSeconds: number | undefined) {
    const server = await startOnPostgres(staleSeconds === undefined ? {} : { staleSeconds });
    const tokens = await connect(server);
    expect(await statusOf(server, tokens.access_token)).toBe(200);
    return { server, ...tokens };
  }

  it("by default a known token is let in during a short outage, and an unknown one is not called bad", async () => {
    const { server, access_token, refresh_token, clientId } = await known(undefined);
    const unknown = await tokensOf(refresh(server, clientId, refresh_token));
    await heardOf(server);
    await postgres.goDown("immediate");
    expect(await statusOf(server, access_token)).toBe(200);
    expect(await statusOf(server, unknown.access_token)).toBe(503);
    await postgres.comeBack();
    await expect.poll(() => statusOf(server, unknown.access_token), soon).toBe(200);
    expect(await statusOf(server, access_token)).toBe(200);
  });

  it.each([0, 1])(
    "%i: no longer than that, and again by itself when the database is back",
    async (seconds) => {
      const { server, access_token } = await known(seconds);
      await postgres.goDown("immediate");
      await expect.poll(() => statusOf(server, access_token), soon).toBe(503);
      await postgres.comeBack();
      await expect.poll(() => statusOf(server, access_token), soon).toBe(200);
    },
  );

  it("0: a database that hangs is soon nobody's word either", async () => {
    const { server, access_token } = await known(0);
    postgres.hang();
    try {
      await expect.poll(() => statusOf(server, access_token), soon).toBe(503);
    } finally {
      postgres.goOn();
    }
    await expect.poll(() => statusOf(server, access_token), soon).toBe(200);
  });

  it("0: streams that are open end with it, as nobody knows any more whose grant was revoked", async () => {
    const server = await startOnPostgres({ staleSeconds: 0, sessions: true });
    const { access_token: token } = await connect(server);
    const body = JSON.stringify(INITIALIZE);
    const { headers } = await server.fetch(mcpRequest(token, "POST", { body }));
    const session = headers.get("mcp-session-id") ?? expect.fail("no session");
    const stream = await server.fetch(mcpRequest(token, "GET", { session }));
    const ended = stream.text();
    await heardOf(server);
    await setTimeout(1500);
    expect(await Promise.race([ended, "open"])).toBe("open");
    postgres.hang();
    try {
      await ended;
    } finally {
      postgres.goOn();
    }
  });

  it("what was revoked elsewhere as it ended is let in by nobody a second later", async () => {
    const { server, access_token, refresh_token, clientId } = await known(0);
    const elsewhere = await startServer({ database: server.settings.database, secret: SECRET });
    await postgres.goDown("immediate");
    await expect.poll(() => statusOf(server, access_token), soon).toBe(503);
    await postgres.comeBack();
    const revoke = () => postForm(elsewhere, "/oauth/revoke", { client_id: clientId, token: refresh_token });
    await expect.poll(async () => (await revoke()).status, soon).toBe(200);
    // Whether the server heard before it that all is well again, or not: a second later it knows, or lets nobody in.
    await setTimeout(1000);
    for (let time = 0; time < 50; time += 1) {
      expect(await statusOf(server, access_token)).not.toBe(200);
      await setTimeout(20);
    }
    expect(await statusOf(server, access_token)).toBe(401);
  });
});

it("a server without a listener whose database is away at the first request opens it at a later one", async () => {
  const database = await postgres.freshDatabase();
  const server = createOAuthServer("x", () => null, { database, secret: SECRET, log: silentLog });
  const ask = () => server.fetch(new Request("http://localhost:3000/ready"));
  await postgres.goDown();
  await expect(ask()).rejects.toThrow("cannot be reached");
  await postgres.comeBack();
  expect((await ask()).status).toBe(200);
  await server.close();
});

it("a server that takes long to start tells everybody to come again, and then serves them", async () => {
  const database = await postgres.freshDatabase();
  const letGo = await hold(database, `SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
  const opening = Promise.withResolvers<TestServer>();
  const fetch = fetchOnceOpen(opening.promise, { basePath: "" });
  void startServer({ database, secret: SECRET }).then(opening.resolve, opening.reject);
  const program = await callTool({ fetch }, "a token");
  expect(program.status).toBe(503);
  expect(Number(program.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await program.json()).toMatchObject({ error: "temporarily_unavailable" });
  const headers = { accept: "text/html,*/*" };
  const person = await fetch(new Request("https://mcp.example/oauth/authorize", { headers }));
  expect(person.status).toBe(503);
  expect(await person.text()).toContain("reload this page");
  await letGo();
  await opening.promise;
  await connect({ fetch });
});

it("a request that waits for a start that fails is told to come again", async () => {
  const opening = Promise.withResolvers<TestServer>();
  const answer = callTool({ fetch: fetchOnceOpen(opening.promise, { basePath: "" }) }, "a token");
  opening.reject(new Error("no database"));
  expect((await answer).status).toBe(503);
});

it("a slow database: some wait, the others are told to come again at once, and all is normal after it", async () => {
  const server = await startOnPostgres({ databaseConnections: 2 });
  const { clientId, refresh_token } = await connect(server);
  const unlock = await hold(server.settings.database, "LOCK TABLE grants IN ACCESS EXCLUSIVE MODE");
  const answers = await Promise.all(
    Array.from({ length: 500 }, () => refresh(server, clientId, refresh_token)),
  );
  for (const answer of answers) {
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  const refusedAtOnce = server.lines.filter(({ fields }) =>
    String(fields.reason).includes("too many statements wait"),
  );
  expect(refusedAtOnce.length).toBeGreaterThan(300);
  await unlock();
  const next = await tokensOf(refresh(server, clientId, refresh_token));
  expect((await callTool(server, next.access_token)).status).toBe(200);
});

it("where the app is known and the session cannot be read, the page that leads back says when to come again", async () => {
  const server = await startOnPostgres();
  const { client_id: clientId } = await register(server);
  const browser = openBrowser(server);
  await signIn(browser, authorizeUrl(clientId, newPkce().challenge));
  const unlock = await hold(server.settings.database, "LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE");
  const answer = await browser.request(authorizeUrl(clientId, newPkce().challenge));
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await answer.text()).toContain("error=temporarily_unavailable");
  await unlock();
  const again = await browser.request(authorizeUrl(clientId, newPkce().challenge));
  expect(new URL(again.headers.get("location") ?? "").pathname).toBe("/oauth/consent");
});

/** Takes a lock in a session of its own, as a migration does, and holds it. Returns the function that lets go. */
async function hold(url: string, lock: string): Promise<() => Promise<void>> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("BEGIN");
  await client.query(lock);
  return () => client.end();
}
