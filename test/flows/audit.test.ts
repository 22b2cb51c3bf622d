import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuditRecord } from "../../src/core/events.ts";
import {
  authorize,
  authorizeUrl,
  callTool,
  codeOf,
  connect,
  newPkce,
  postForm,
  postJson,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { decide, openBrowser, signIn } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ADDRESS = "203.0.113.7";
const PROGRAM = { id: "reports", secret: "a secret of the program", grantTypes: ["client_credentials"] };

let server: TestServer;
beforeEach(async () => {
  server = fromAddress(await startServer({ clients: [PROGRAM] }));
});
afterEach(() => server.close());

const rows = (): Promise<readonly AuditRecord[]> => server.store.auditAfter(0, 1000);

/** The rows that an act leaves. */
async function left(act: () => Promise<unknown>): Promise<readonly AuditRecord[]> {
  const before = (await rows()).length;
  await act();
  return (await rows()).slice(before);
}

/** A row as it must be: of now, from this address, traceable to its log lines. */
function row(event: string, outcome: string, fields: object) {
  const from = { address: ADDRESS, correlationId: expect.stringMatching(/^[\w-]{12}$/) };
  return { id: expect.any(Number), event, outcome, at: server.now(), fields: { ...fields, ...from } };
}

/** The one grant of a client. */
async function grantOf(clientId: string): Promise<string> {
  const [grant] = await server.store.listGrants({ clientId });
  return grant?.id ?? "";
}

describe("each of these leaves one row", () => {
  it("a sign-in", async () => {
    const { client_id: client } = await register(server);
    const url = authorizeUrl(client, newPkce().challenge);
    expect(await left(() => signIn(openBrowser(server), url))).toEqual([
      row("sign_in.ok", "ok", { person: "ada", client, method: "password" }),
    ]);
  });

  it("a wrong password: not the username that was typed, but a mark that equal names share", async () => {
    const { client_id: client } = await register(server);
    const url = authorizeUrl(client, newPkce().challenge);
    const tryAs = (username: string) => signIn(openBrowser(server), url, username, "x").catch(() => {});
    const failed = await left(async () => {
      for (const username of ["ada", " Ada", "hunter2-typed-here"]) await tryAs(username);
    });
    const [first, second, third] = failed.map(({ fields }) => fields.usernameMark);
    expect(failed).toEqual(
      [first, second, third].map((usernameMark) =>
        row("sign_in.failed", "refused", { client, usernameMark }),
      ),
    );
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    const kept = JSON.stringify([failed, server.lines]);
    for (const typed of ["hunter2", '" Ada"', '"ada"']) expect(kept).not.toContain(typed);
  });

  it("an attempt that is slowed", async () => {
    const { client_id: client } = await register(server);
    const url = authorizeUrl(client, newPkce().challenge);
    const guess = () => signIn(openBrowser(server), url, "ada", "x").catch(() => {});
    for (let i = 0; i < 10; i += 1) await guess();
    expect(await left(guess)).toEqual([
      row("sign_in.slowed", "refused", { client, usernameMark: expect.any(String) }),
    ]);
    expect(JSON.stringify(server.lines)).not.toContain('"ada"');
  });

  it("a denial", async () => {
    const { client_id: client } = await register(server);
    const browser = openBrowser(server);
    const { state } = await signIn(browser, authorizeUrl(client, newPkce().challenge));
    expect(await left(() => decide(browser, state, "deny"))).toEqual([
      row("consent.denied", "denied", { person: "ada", client, client_name: "Test Client" }),
    ]);
  });

  it("an approval, also where the button is pressed twice; and the exchange of its code", async () => {
    const { client_id: client } = await register(server);
    const browser = openBrowser(server);
    const { verifier, challenge } = newPkce();
    const { state } = await signIn(browser, authorizeUrl(client, challenge));
    let code = "";
    const approved = await left(async () => {
      await decide(browser, state, "approve", ["mcp"]);
      code = codeOf((await decide(browser, state, "approve", ["mcp"])).headers.get("location"));
    });
    const grant = await grantOf(client);
    expect(approved).toEqual([
      row("consent.approved", "ok", {
        grant,
        client,
        person: "ada",
        scopes: ["mcp"],
        client_name: "Test Client",
        redirect_host: expect.stringMatching(/\./),
      }),
    ]);
    expect(await left(() => redeem(server, client, { code, verifier }))).toEqual([
      row("code.redeemed", "ok", { grant, client, person: "ada" }),
    ]);
  });

  it("a code that comes again, from whoever has stolen it", async () => {
    const { client_id: client } = await register(server);
    const authorized = await authorize(server, client);
    await tokensOf(redeem(server, client, authorized));
    const again = async () => {
      await redeem(server, client, authorized);
      await redeem(server, client, authorized);
    };
    expect(await left(again)).toEqual([
      row("grant.revoked", "ok", {
        grant: await grantOf(client),
        client,
        client_name: "Test Client",
        person: "ada",
        reason: "code_reuse",
      }),
    ]);
  });

  it("an old refresh token that comes again; and the refreshes before it none at all", async () => {
    const { clientId: client, refresh_token: first } = await connect(server);
    const refreshes = async () => {
      const { refresh_token: second } = await tokensOf(refresh(server, client, first));
      await tokensOf(refresh(server, client, first));
      await tokensOf(refresh(server, client, second));
    };
    expect(await left(refreshes)).toEqual([]);
    expect(await left(() => refresh(server, client, first))).toEqual([
      row("grant.revoked", "ok", {
        grant: await grantOf(client),
        client,
        client_name: "Test Client",
        person: "ada",
        reason: "refresh_reuse",
      }),
    ]);
  });

  it("a revocation by the client, once", async () => {
    const { clientId: client, refresh_token: token } = await connect(server);
    const revoke = () => postForm(server, "/oauth/revoke", { client_id: client, token });
    const twice = async () => {
      await revoke();
      await revoke();
    };
    expect(await left(twice)).toEqual([
      row("grant.revoked", "ok", {
        grant: await grantOf(client),
        client,
        client_name: "Test Client",
        person: "ada",
        reason: "client_request",
      }),
    ]);
  });

  it("the grant of a program that acts for itself, and not each of its tokens", async () => {
    const ask = () =>
      postForm(server, "/oauth/token", {
        grant_type: "client_credentials",
        client_id: PROGRAM.id,
        client_secret: PROGRAM.secret,
      });
    const granted = await left(async () => {
      await tokensOf(ask());
      await tokensOf(ask());
    });
    expect(granted).toEqual([
      row("client.granted", "ok", { grant: await grantOf(PROGRAM.id), client: PROGRAM.id, scopes: ["mcp"] }),
    ]);
  });
});

it("what is refused, and what anybody can do without a password, leaves no row", async () => {
  const { clientId, access_token: token, refresh_token: refreshToken } = await connect(server);
  const authorized = await authorize(server, clientId);
  const { client_id: another } = await register(server, { client_name: "Another" });
  const refusals = async () => {
    await register(server, { client_name: "A third one" });
    await postJson(server, "/oauth/register", { redirect_uris: ["javascript:alert(1)"] });
    await server.fetch(new Request(authorizeUrl(clientId, "too short")));
    await server.fetch(new Request(authorizeUrl("nobody", newPkce().challenge)));
    await redeem(server, another, authorized);
    await redeem(server, clientId, { ...authorized, verifier: newPkce().verifier });
    await refresh(server, another, refreshToken);
    await postForm(server, "/oauth/revoke", { client_id: another, token: refreshToken });
    await callTool(server, "not.a.token");
    await callTool(server, token, "create_todo", { title: "more than the token may" });
    await openBrowser(server).submit("/oauth/consent", { state: "forged", decision: "approve" });
  };
  expect(await left(refusals)).toEqual([]);
});

it("the row and the log line of an event say the same", async () => {
  const { clientId, refresh_token: token } = await connect(server);
  await postForm(server, "/oauth/revoke", { client_id: clientId, token });
  const events = (await rows()).map(({ event, fields }) => ({ name: event, fields }));
  expect(events).toHaveLength(4);
  expect(server.lines.filter(({ name }) => name !== "client.registered")).toEqual(events);
});

it("no row of a whole dance holds a secret", async () => {
  const confidential = await register(server, { token_endpoint_auth_method: "client_secret_post" });
  const { client_id: clientId, client_secret: secret = "" } = confidential;
  const browser = openBrowser(server);
  const { verifier, challenge } = newPkce();
  const url = authorizeUrl(clientId, challenge);
  await signIn(browser, url, "ada", "a-wrong-password").catch(() => {});
  const consent = await signIn(browser, url, "ada", "lovelace");
  const code = codeOf((await decide(browser, consent.state, "approve", ["mcp"])).headers.get("location"));
  const mine = { client_secret: secret };
  const first = await tokensOf(redeem(server, clientId, { code, verifier }, mine));
  const second = await tokensOf(refresh(server, clientId, first.refresh_token, mine));
  await redeem(server, clientId, { code, verifier }, mine);
  await postForm(server, "/oauth/revoke", { client_id: clientId, token: second.access_token, ...mine });

  const kept = JSON.stringify(await rows());
  const secrets = [
    secret,
    "lovelace",
    "a-wrong-password",
    consent.state,
    code,
    verifier,
    challenge,
    ...browser.cookie().split(/=|; /).slice(1),
    ...[first, second].flatMap((tokens) => [tokens.access_token, tokens.refresh_token]),
  ].filter((value) => !value.startsWith("__Host-"));
  expect(secrets.length).toBeGreaterThan(10);
  for (const value of secrets) expect(kept, value).not.toContain(value);
});

it("where the row cannot be written, the change is not made, and can be made later", async () => {
  await server.close();
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-audit-"));
  const database = join(folder, "a.db");
  server = fromAddress(await startServer({ database }));
  const beside = new DatabaseSync(database);
  const { client_id: clientId } = await register(server);
  const browser = openBrowser(server);
  const { verifier, challenge } = newPkce();
  const { state } = await signIn(browser, authorizeUrl(clientId, challenge));
  const approve = () => decide(browser, state, "approve", ["mcp"]);

  beside.exec("ALTER TABLE audit RENAME TO elsewhere");
  expect((await approve()).status).toBe(500);
  expect(await server.store.listGrants({})).toEqual([]);
  beside.exec("ALTER TABLE elsewhere RENAME TO audit");
  const code = codeOf((await approve()).headers.get("location"));

  beside.exec("ALTER TABLE audit RENAME TO elsewhere");
  expect((await redeem(server, clientId, { code, verifier })).status).toBe(500);
  beside.exec("ALTER TABLE elsewhere RENAME TO audit");
  const { refresh_token: token } = await tokensOf(redeem(server, clientId, { code, verifier }));

  beside.exec("ALTER TABLE audit RENAME TO elsewhere");
  await tokensOf(refresh(server, clientId, token));
  beside.exec("ALTER TABLE elsewhere RENAME TO audit");
  expect((await rows()).map(({ event }) => event)).toEqual([
    "sign_in.ok",
    "consent.approved",
    "code.redeemed",
  ]);
  beside.close();
  rmSync(folder, { recursive: true });
});

/** Every request comes from one address, as a listener would tell. */
function fromAddress(started: TestServer): TestServer {
  return { ...started, fetch: (request) => started.fetch(request, { address: ADDRESS }) };
}
