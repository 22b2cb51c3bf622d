import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { authorize, callTool, postForm, redeem, register, type Tokens, tokensOf } from "../support/client.ts";
import { claimsOf, resign, SECRET, signingKeyOf } from "../support/forge.ts";
import { startServer, type TestServer } from "../support/server.ts";

// RFC 6749 §6 and OAuth 2.1 §4.3.1: a refresh token that comes again, after the grace window. It is either the client's,
// which never got its successor, or a thief's. The successor tells: nobody uses what nobody got.

const DAY = 86_400;
const AFTER_GRACE = 301;

const directory = mkdtempSync(join(tmpdir(), "gatehouse-lost-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

/** A confidential client, which can also introspect, with tokens whose refresh was answered once already. */
async function connected(options: OAuthServerOptions = {}) {
  const database = join(directory, `${++files}.db`);
  const server = await startServer({ database, secret: SECRET, ...options });
  const { client_id, client_secret } = await register(server, {
    token_endpoint_auth_method: "client_secret_post",
  });
  const credentials = { client_id, client_secret };
  const authorized = await authorize(server, client_id, { scopes: ["mcp", "todo:read"] });
  const first = await tokensOf(redeem(server, client_id, authorized, credentials));
  const client = (at: TestServer) => ({
    refresh: (token: string, fields: Readonly<Record<string, string>> = {}) =>
      postForm(at, "/oauth/token", {
        ...credentials,
        grant_type: "refresh_token",
        refresh_token: token,
        ...fields,
      }),
    introspect: async (token: string) =>
      (await postForm(at, "/oauth/introspect", { ...credentials, token })).json(),
    call: async (token: string, tool?: string) => {
      const answer = await callTool(at, token, tool);
      // A stream that nobody reads would hold up the end.
      await answer.body?.cancel();
      return answer.status;
    },
  });
  return { server, database, first, client, ...client(server) };
}
type Connected = Awaited<ReturnType<typeof connected>>;

/** The same database in another process: what the first had in memory is not there. */
async function restart(at: Connected, options: OAuthServerOptions = {}) {
  await at.server.drain();
  await at.server.close();
  return startBeside(at, options);
}

async function startBeside({ server, database }: Connected, options: OAuthServerOptions = {}) {
  const other = await startServer({ database, secret: SECRET, ...options });
  other.advance((server.now() - other.now()) / 1000);
  return other;
}

const generationOf = ({ refresh_token: token }: Tokens) => Number(token.split(".")[1]);
const error = async (answer: Promise<Response>) => ((await (await answer).json()) as { error: string }).error;

describe("while nothing of the successor was used", () => {
  it.each([301, DAY, 29 * DAY])(
    "the client that lost it gets it again, %i seconds later",
    async (seconds) => {
      const { server, first, refresh, call } = await connected();
      const lost = await tokensOf(refresh(first.refresh_token));
      server.advance(seconds);
      const again = await tokensOf(refresh(first.refresh_token));
      expect(again.refresh_token).toBe(lost.refresh_token);
      expect(await call(again.access_token)).toBe(200);
      expect(generationOf(await tokensOf(refresh(again.refresh_token)))).toBe(3);
      expect(server.lines.map(({ name }) => name)).not.toContain("refresh.reused");
      expect(server.lines.map(({ name }) => name)).toContain("refresh.repeated");
    },
  );

  it("as often as the answer is lost, and no longer than a refresh token lives", async () => {
    const { server, first, refresh } = await connected();
    const { refresh_token: successor } = await tokensOf(refresh(first.refresh_token));
    for (let day = 0; day < 29; day += 1) {
      server.advance(DAY);
      expect((await tokensOf(refresh(first.refresh_token))).refresh_token).toBe(successor);
    }
    server.advance(DAY);
    expect(await error(refresh(first.refresh_token))).toBe("invalid_grant");
    expect(await error(refresh(successor))).toBe("invalid_grant");
    // It came too late, and nobody is called a thief for that.
    expect(server.lines.map(({ name }) => name)).not.toContain("refresh.reused");
  });

  it.each<[what: string, act: (at: Connected, successor: Tokens) => Promise<unknown>]>([
    ["the token before it, which lives on, is used", ({ call, first }) => call(first.access_token)],
    [
      "it is asked whether its refresh token is good",
      (at, { refresh_token }) => at.introspect(refresh_token),
    ],
    [
      "its access token comes after its end",
      async ({ server, call, introspect }, { access_token }) => {
        server.advance(1800);
        expect(await call(access_token)).toBe(401);
        expect(await introspect(access_token)).toEqual({ active: false });
      },
    ],
    [
      "somebody forges an access token of it",
      async ({ call }, { access_token }) =>
        expect(await call(`${access_token.slice(0, -6)}AAAAAA`)).toBe(401),
    ],
    [
      "another client asks about its access token",
      async ({ server }, { access_token }) => {
        const stranger = await register(server, { token_endpoint_auth_method: "client_secret_post" });
        const { client_id, client_secret } = stranger;
        await postForm(server, "/oauth/introspect", { client_id, client_secret, token: access_token });
      },
    ],
  ])("that is so where %s", async (_what, act) => {
    const at = await connected();
    const successor = await tokensOf(at.refresh(at.first.refresh_token));
    await act(at, successor);
    at.server.advance(AFTER_GRACE);
    const again = await tokensOf(at.refresh(at.first.refresh_token));
    expect(again.refresh_token).toBe(successor.refresh_token);
  });

  it("that is so for a refresh that narrows the scope, too", async () => {
    const { server, first, refresh } = await connected();
    const lost = await tokensOf(refresh(first.refresh_token, { scope: "mcp" }));
    server.advance(AFTER_GRACE);
    const again = await tokensOf(refresh(first.refresh_token, { scope: "mcp" }));
    expect(again).toMatchObject({ refresh_token: lost.refresh_token, scope: "mcp" });
  });

  it("a crash between a use and its write heals: the old one is answered once more, until the next use", async () => {
    const at = await connected();
    const { server, first, call, client } = at;
    const successor = await tokensOf(at.refresh(first.refresh_token));
    expect(await call(successor.access_token)).toBe(200);
    // What a process knows that is killed in this moment, the next one does not.
    const next = await startBeside(at);
    server.advance(AFTER_GRACE);
    next.advance(AFTER_GRACE);
    const file = new DatabaseSync(at.database);
    file.exec("UPDATE grants SET unused_generation = 2");
    file.close();
    const again = await tokensOf(client(next).refresh(first.refresh_token));
    expect(again.refresh_token).toBe(successor.refresh_token);
    expect(await client(next).call(again.access_token)).toBe(200);
    expect(await error(client(next).refresh(first.refresh_token))).toBe("invalid_grant");
  });
});

describe("once anything of the successor was used, it is theft", () => {
  const uses: readonly [what: string, use: (at: Connected, successor: Tokens) => Promise<unknown>][] = [
    [
      "its access token, at the guard",
      async ({ call }, { access_token }) => expect(await call(access_token)).toBe(200),
    ],
    [
      "its access token, at a tool for which its scopes are not enough",
      async ({ call }, { access_token }) => expect(await call(access_token, "create_todo")).toBe(403),
    ],
    [
      "its access token, at introspection",
      async ({ introspect }, { access_token }) =>
        expect(await introspect(access_token)).toMatchObject({ active: true }),
    ],
    [
      "the access token that came with a repetition of the answer",
      async ({ refresh, first, call }) => {
        const { access_token } = await tokensOf(refresh(first.refresh_token));
        expect(await call(access_token)).toBe(200);
      },
    ],
    ["its refresh token", ({ refresh }, { refresh_token }) => tokensOf(refresh(refresh_token))],
  ];

  it.each(uses)("%s", async (_what, use) => {
    const at = await connected();
    const { server, first, refresh } = at;
    const successor = await tokensOf(refresh(first.refresh_token));
    await use(at, successor);
    server.advance(AFTER_GRACE);
    expect(await error(refresh(first.refresh_token))).toBe("invalid_grant");
    expect(await error(refresh(successor.refresh_token))).toBe("invalid_grant");
    expect(server.lines.map(({ name }) => name)).toContain("refresh.reused");
  });

  it.each(uses)("%s; and after a restart, as every use is written before the end", async (_what, use) => {
    const at = await connected();
    const { first, refresh, client } = at;
    await use(at, await tokensOf(refresh(first.refresh_token)));
    const restarted = await restart(at);
    restarted.advance(AFTER_GRACE);
    expect(await error(client(restarted).refresh(first.refresh_token))).toBe("invalid_grant");
  });

  it("though inside the window the successor comes again, used or not", async () => {
    const { server, first, refresh, call } = await connected();
    const successor = await tokensOf(refresh(first.refresh_token));
    expect(await call(successor.access_token)).toBe(200);
    server.advance(300);
    const again = await tokensOf(refresh(first.refresh_token));
    expect(again.refresh_token).toBe(successor.refresh_token);
    // A repetition begins no window of its own.
    server.advance(1);
    expect(await error(refresh(first.refresh_token))).toBe("invalid_grant");
  });

  it("a thief who is first has what it takes, until the client uses anything: then neither has", async () => {
    const { server, first, refresh, call } = await connected();
    await tokensOf(refresh(first.refresh_token));
    server.advance(DAY);
    const stolen = await tokensOf(refresh(first.refresh_token));
    expect(await call(stolen.access_token)).toBe(200);
    expect(await error(refresh(first.refresh_token))).toBe("invalid_grant");
    expect(await call(stolen.access_token)).toBe(401);
    expect(await error(refresh(stolen.refresh_token))).toBe("invalid_grant");
  });

  it("within a second in another process on the same file, which saw nothing of it", async () => {
    const at = await connected();
    const { server, first, refresh, call, client } = at;
    const other = await startBeside(at);
    const successor = await tokensOf(refresh(first.refresh_token));
    expect(await call(successor.access_token)).toBe(200);
    await expect
      .poll(async () => (await other.store.listGrants({}))[0]?.unusedGeneration, { timeout: 10_000 })
      .toBeNull();
    for (const process of [server, other]) process.advance(AFTER_GRACE);
    expect(await error(client(other).refresh(first.refresh_token))).toBe("invalid_grant");
  });
});

describe("with accessTokensCheckedElsewhere, where uses are not seen", () => {
  const elsewhere = { accessTokensCheckedElsewhere: true };

  it("the window alone counts", async () => {
    const { server, first, refresh } = await connected(elsewhere);
    const { refresh_token: successor } = await tokensOf(refresh(first.refresh_token));
    server.advance(300);
    expect((await tokensOf(refresh(first.refresh_token))).refresh_token).toBe(successor);
    server.advance(1);
    expect(await error(refresh(first.refresh_token))).toBe("invalid_grant");
    expect(await error(refresh(successor))).toBe("invalid_grant");
  });

  it("also for what was issued before it was set", async () => {
    const at = await connected();
    await tokensOf(at.refresh(at.first.refresh_token));
    const restarted = await restart(at, elsewhere);
    restarted.advance(AFTER_GRACE);
    expect(await error(at.client(restarted).refresh(at.first.refresh_token))).toBe("invalid_grant");
  });
});

describe("beside an earlier version, during a rollout", () => {
  /** It rotates without a word about uses, and its access tokens do not say their generation. */
  const rotateAsBefore = (database: string) => {
    const file = new DatabaseSync(database);
    file.exec("UPDATE grants SET generation = generation + 1");
    file.close();
  };

  it("what that one rotated has its window, and no more", async () => {
    const { server, database, first, refresh } = await connected();
    const { refresh_token: second } = await tokensOf(refresh(first.refresh_token));
    rotateAsBefore(database);
    expect(generationOf(await tokensOf(refresh(second)))).toBe(3);
    server.advance(AFTER_GRACE);
    expect(await error(refresh(second))).toBe("invalid_grant");
  });

  it("an access token of it says nothing about a generation", async () => {
    const at = await connected();
    const successor = await tokensOf(at.refresh(at.first.refresh_token));
    const unnumbered = resign(await signingKeyOf(at.server), successor.access_token, { gen: undefined });
    expect(await at.call(unnumbered)).toBe(200);
    at.server.advance(AFTER_GRACE);
    const again = await tokensOf(at.refresh(at.first.refresh_token));
    expect(again.refresh_token).toBe(successor.refresh_token);
  });
});

it("a refresh token ahead of its row gets the next one, and the log says that a write was lost", async () => {
  const { server, database, first, refresh } = await connected();
  const ahead = await tokensOf(refresh(first.refresh_token));
  const file = new DatabaseSync(database);
  file.exec("UPDATE grants SET generation = 1");
  file.close();
  expect(generationOf(await tokensOf(refresh(ahead.refresh_token)))).toBe(3);
  expect(server.lines.map(({ name }) => name).filter((name) => name.startsWith("refresh."))).toEqual([
    "refresh.rotated",
    "refresh.healed",
  ]);
});

it("an access token says which generation it came with, and one without a refresh token says none", async () => {
  const { first, refresh } = await connected();
  expect(claimsOf(first.access_token)).toMatchObject({ gen: 1 });
  const second = await tokensOf(refresh(first.refresh_token));
  expect(claimsOf(second.access_token)).toMatchObject({ gen: 2 });
  expect(claimsOf((await tokensOf(refresh(first.refresh_token))).access_token)).toMatchObject({ gen: 2 });
});
