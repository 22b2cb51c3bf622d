import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import {
  authorize,
  callTool,
  connect,
  postForm,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { ACME, connectFor } from "../support/organizations.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import { heardOf, startServer, type TestServer } from "../support/server.ts";
import { DISABLED } from "../support/store/samples.ts";

// What docs/deploy/capacity.md reckons with: how often each operation asks Postgres, as Postgres itself counts it.

let postgres: TestPostgres;
let database: string;
beforeAll(async () => {
  postgres = await startPostgres({ flags: ["shared_preload_libraries=pg_stat_statements"] });
  await postgres.query(postgres.url(), "CREATE EXTENSION pg_stat_statements");
  database = await postgres.freshDatabase();
  // The first one makes the keys. To a later one that is no news, and it reads none of them again meanwhile.
  await stop(await start());
});
afterAll(() => postgres.stop());

let server: TestServer;
beforeEach(async () => {
  server = await start();
  const { access_token: token, refresh_token: refreshToken } = await connect(server);
  // Until it hears of revocations, it asks for each call.
  await expect.poll(() => statementsOf(() => callWith(token)), { timeout: 20_000 }).toEqual([]);
  // These calls are recorded a moment later, which is no statement of what comes next.
  await untilUsed(refreshToken);
});
afterEach(() => stop(server));

const PROGRAM = { id: "program", secret: "a-secret-of-a-program", grantTypes: ["client_credentials"] };
const start = (options: OAuthServerOptions = {}) =>
  startServer({ database, secret: SECRET, clients: [PROGRAM], ...options });
async function stop(stopping: TestServer): Promise<void> {
  await stopping.drain();
  await stopping.close();
}

/** What Postgres ran for an act, BEGIN and COMMIT too, in the order of the alphabet; not what looks for changes. */
async function statementsOf(act: () => Promise<unknown>): Promise<readonly string[]> {
  // From another database, whose statements are not among them.
  await postgres.query(postgres.url(), "SELECT pg_stat_statements_reset()");
  await act();
  const counted = await postgres.query(
    postgres.url(),
    `SELECT query, calls::int FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
    WHERE datname = $1 AND query !~ 'LISTEN|from "changes"|clock_timestamp' ORDER BY query`,
    [new URL(database).pathname.slice(1)],
  );
  return counted.flatMap(({ query, calls }) => Array<string>(Number(calls)).fill(String(query)));
}

const READ_GRANT = expect.stringMatching(/^select \* from "grants" where "id" = \$1$/);
const ROTATE = expect.stringMatching(/^update "grants" set "generation"/);
/** With its row of the audit log in the same statement. */
const noted = (what: string) =>
  expect.stringMatching(new RegExp(`^with changed as \\(${what}.*\\(insert into "audit"`));
const LIST_GRANTS = expect.stringMatching(/^select \* from "grants" where "client_id" = \$1 and "person_id"/);
const APPROVE = noted('insert into "grants"');
const REDEEM = noted('update "grants" set "redeemed_at"');
const RECORD_USES = /^WITH used AS/;
const REVOKE = noted('update "grants" set "revoked_at"');

const callWith = async (token: string) => (await callTool(server, token)).status;

/** Waits until it is on record that the tokens of this grant are used. */
async function untilUsed(refreshToken: string): Promise<void> {
  const [grantId = ""] = refreshToken.split(".");
  const usedAt = async () => (await server.store.findGrant(grantId))?.usedAt;
  await expect.poll(usedAt, { timeout: 20_000 }).not.toBeNull();
}

describe("on an instance that knows the client", () => {
  it("a refresh is one statement, and its repetition two", async () => {
    const { clientId, refresh_token: token } = await connect(server);
    const again = () => tokensOf(refresh(server, clientId, token));
    expect(await statementsOf(again)).toEqual([ROTATE]);
    expect(await statementsOf(again)).toEqual([READ_GRANT, ROTATE]);
  });

  it("twenty refreshes at once are twenty", async () => {
    const connections: Awaited<ReturnType<typeof connect>>[] = [];
    while (connections.length < 20) connections.push(await connect(server));
    const refreshAll = () =>
      Promise.all(
        connections.map(({ clientId, refresh_token: token }) => tokensOf(refresh(server, clientId, token))),
      );
    expect(await statementsOf(refreshAll)).toEqual(connections.map(() => ROTATE));
  });

  it("the exchange of a code is two: one reads, one writes", async () => {
    const { client_id: clientId } = await register(server);
    const authorized = await authorize(server, clientId);
    const exchange = () => tokensOf(redeem(server, clientId, authorized));
    expect(await statementsOf(exchange)).toEqual([READ_GRANT, REDEEM]);
  });

  it.each(["access_token", "refresh_token"] as const)(
    "a revocation by %s is two, and the next call with a token of that grant reads it once more",
    async (kind) => {
      const { clientId, ...tokens } = await connect(server);
      expect(await callWith(tokens.access_token)).toBe(200);
      await untilUsed(tokens.refresh_token);
      const revoke = () => postForm(server, "/oauth/revoke", { client_id: clientId, token: tokens[kind] });
      expect(await statementsOf(revoke)).toEqual([READ_GRANT, REVOKE]);
      const call = async () => expect(await callWith(tokens.access_token)).toBe(401);
      expect(await statementsOf(call)).toEqual([READ_GRANT]);
    },
  );

  it("the guard reads the grant when it first sees a token, one write says so after the call, and nothing comes after that", async () => {
    const { access_token: token } = await connect(server);
    const call = async () => expect(await callWith(token)).toBe(200);
    const callFirst = async () => {
      await call();
      await setTimeout(2000);
    };
    const statements = await statementsOf(callFirst);
    expect(statements.filter((statement) => !RECORD_USES.test(statement))).toEqual([READ_GRANT]);
    expect(statements.filter((statement) => RECORD_USES.test(statement))).toHaveLength(1);
    for (let times = 0; times < 3; times += 1) expect(await statementsOf(call)).toEqual([]);
  });

  it("the first uses of twenty grants' tokens are read at the calls, and written together, once, after them", async () => {
    const tokens: string[] = [];
    const ids: string[] = [];
    while (tokens.length < 20) {
      const { clientId, refresh_token } = await connect(server);
      ids.push(refresh_token.split(".")[0] ?? "");
      tokens.push((await tokensOf(refresh(server, clientId, refresh_token))).access_token);
    }
    const callAll = async () => {
      for (const token of tokens) expect(await callWith(token)).toBe(200);
      await setTimeout(2000);
    };
    const statements = await statementsOf(callAll);
    expect(statements.filter((statement) => !RECORD_USES.test(statement))).toEqual(
      tokens.map(() => READ_GRANT),
    );
    // The calls may take longer than the time between two writes.
    expect(statements.filter((statement) => RECORD_USES.test(statement)).length).toBeLessThanOrEqual(3);
    const grants = await server.store.listGrants({ ids });
    expect(grants.filter(({ usedAt }) => usedAt !== null)).toHaveLength(20);
    expect(await statementsOf(callAll)).toEqual([]);
  });

  it("a stolen refresh token is three: it decides nothing, is looked at, and ends the grant", async () => {
    const { clientId, refresh_token: stolen } = await connect(server);
    const { access_token: token } = await tokensOf(refresh(server, clientId, stolen));
    expect(await callWith(token)).toBe(200);
    await untilUsed(stolen);
    server.advance(10 * 60);
    // Reads the client, which it has forgotten by now.
    await refresh(server, clientId, "no token");
    const reuse = async () => expect((await refresh(server, clientId, stolen)).status).toBe(400);
    expect(await statementsOf(reuse)).toEqual([READ_GRANT, ROTATE, REVOKE]);
  });

  it("a program's first token is two, as the grant for it is made, and each after it one", async () => {
    const ask = async () => {
      const fields = { client_id: PROGRAM.id, client_secret: PROGRAM.secret };
      await tokensOf(postForm(server, "/oauth/token", { ...fields, grant_type: "client_credentials" }));
    };
    expect(await statementsOf(ask)).toEqual([LIST_GRANTS, APPROVE]);
    expect(await statementsOf(ask)).toEqual([LIST_GRANTS]);
  });

  it("of a disabled client, nothing is asked", async () => {
    const { client_id: clientId } = await register(server, { client_name: "Disabled" });
    await server.store.disableClient(clientId, server.now(), DISABLED);
    const ask = async () => (await refresh(server, clientId, "a.b.c")).json();
    await expect.poll(ask, { timeout: 20_000 }).toMatchObject({ error: "unauthorized_client" });
    expect(await statementsOf(ask)).toEqual([]);
  });

  it("what is forged asks nothing at all", async () => {
    const { clientId, access_token: access, refresh_token: token } = await connect(server);
    const forged = (text: string) => `${text.slice(0, -5)}AAAAA`;
    const attempts = async () => {
      expect(await callWith(forged(access))).toBe(401);
      expect((await refresh(server, clientId, forged(token))).status).toBe(400);
      await postForm(server, "/oauth/revoke", { client_id: clientId, token: forged(token) });
    };
    expect(await statementsOf(attempts)).toEqual([]);
  });
});

it("where organizations are asked for, a refresh reads the grant first", async () => {
  const other = await start({ organizations: () => [ACME] });
  await heardOf(other);
  const { clientId, refresh_token: token } = await connectFor(other, "acme");
  expect(await statementsOf(() => tokensOf(refresh(other, clientId, token)))).toEqual([READ_GRANT, ROTATE]);
  await stop(other);
});

it("on an instance that does not know the client, the first of them is one more", async () => {
  const { clientId, refresh_token: token } = await connect(server);
  const other = await start();
  await heardOf(other);
  let next = token;
  const refreshThere = async () => {
    ({ refresh_token: next } = await tokensOf(refresh(other, clientId, next)));
  };
  const readClient = expect.stringMatching(/^select \* from "clients" where "id" = \$1$/);
  expect(await statementsOf(refreshThere)).toEqual([readClient, ROTATE]);
  expect(await statementsOf(refreshThere)).toEqual([ROTATE]);
  await stop(other);
});
