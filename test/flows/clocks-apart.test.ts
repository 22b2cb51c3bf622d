import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, describe, expect, it } from "vitest";
import { rotateSigningKey } from "../../src/authorization-server/tokens/signing-keys.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import {
  authorizeUrl,
  callTool,
  codeOf,
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
import { KEY_ROTATED } from "../support/store/samples.ts";

// Two processes on one database, whose clocks are half a minute apart: whatever one of them begins, the other goes on with.

const APART_SECONDS = 30;
const DAY_SECONDS = 24 * 60 * 60;

const directory = mkdtempSync(join(tmpdir(), "gatehouse-clocks-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

type Pair = { readonly fast: TestServer; readonly slow: TestServer };

async function startPair(options: Parameters<typeof startServer>[0] = {}): Promise<Pair> {
  const settings = { database: join(directory, `${++files}.db`), secret: SECRET, ...options };
  // The fast one first: it makes the signing key, which the slow one sees come from the future.
  const fast = await startServer(settings);
  const slow = await startServer(settings);
  slow.advance(-APART_SECONDS);
  return { fast, slow };
}

/** Both ways round: what the fast one begins, and what the slow one does. */
const ways = [
  ["fast", "slow"],
  ["slow", "fast"],
] as const;

describe.each(ways)("what the %s one begins and the %s one goes on with", (first, second) => {
  it("a registration, a sign-in, an approval, a code, a call, a refresh, the same refresh again", async () => {
    const pair = await startPair();
    const [here, there] = [pair[first], pair[second]];
    const { client_id: clientId } = await register(here);
    const { verifier, challenge } = newPkce();
    // One browser on both, as behind a load balancer.
    let turn = 0;
    const browser = openBrowser({ fetch: (request) => (turn++ % 2 === 0 ? here : there).fetch(request) });
    const { state } = await signIn(browser, authorizeUrl(clientId, challenge));
    const answer = await decide(browser, state, "approve", ["mcp"]);
    const code = codeOf(answer.headers.get("location"));
    const tokens = await tokensOf(redeem(there, clientId, { code, verifier }));
    for (const server of [here, there])
      expect((await callTool(server, tokens.access_token)).status).toBe(200);
    const refreshed = await tokensOf(refresh(here, clientId, tokens.refresh_token));
    expect((await callTool(there, refreshed.access_token)).status).toBe(200);
    const repeated = await tokensOf(refresh(there, clientId, tokens.refresh_token));
    expect(repeated.refresh_token).toBe(refreshed.refresh_token);
  });

  it("a revocation, however long ago by the other's clock", async () => {
    const pair = await startPair();
    const [here, there] = [pair[first], pair[second]];
    const tokens = await connect(there);
    expect((await callTool(there, tokens.access_token)).status).toBe(200);
    await postForm(here, "/oauth/revoke", { token: tokens.refresh_token, client_id: tokens.clientId });
    await expect
      .poll(async () => (await callTool(there, tokens.access_token)).status, { timeout: 10_000 })
      .toBe(401);
  });
});

it("a retired key stays until its last token has ended on the slow one, though the fast one's janitor has been", async () => {
  const { fast, slow } = await startPair({ accessTokenSeconds: DAY_SECONDS });
  const { kid: next } = await rotateSigningKey(
    {
      store: fast.store,
      keyring: createKeyring([SECRET]),
      clock: fast.now,
    },
    () => KEY_ROTATED,
  );
  await expect.poll(() => keyIdsOf(slow), { timeout: 10_000 }).toContain(next);
  // By the slow clock, the retired key signs for a second more.
  for (const server of [fast, slow]) server.advance(10 * 60 + APART_SECONDS - 1);
  const { access_token } = await connect(slow);
  expect(decodeProtectedHeader(access_token).kid).not.toBe(next);
  for (const server of [fast, slow]) server.advance(DAY_SECONDS - 1);
  await fast.store.deleteExpired(fast.now(), 100);
  const restarted = await restart(slow);
  expect((await callTool(restarted, access_token)).status).toBe(200);
});

it("the assertion of a client is used once, though the fast one's janitor has been (RFC 7523 §3)", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const { fast, slow } = await startPair({
    clients: [
      {
        id: "program",
        authenticationMethod: "private_key_jwt",
        jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: "ES256" }] },
        grantTypes: ["client_credentials"],
      },
    ],
  });
  const seconds = Math.floor(fast.now() / 1000);
  const assertion = await new SignJWT({ jti: "once" })
    .setProtectedHeader({ alg: "ES256" })
    .setIssuer("program")
    .setSubject("program")
    .setAudience("https://mcp.example")
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 60)
    .sign(privateKey);
  const present = (server: TestServer) =>
    postForm(server, "/oauth/token", {
      grant_type: "client_credentials",
      client_assertion: assertion,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    });
  expect((await present(fast)).status).toBe(200);
  for (const server of [fast, slow]) server.advance(60 + 30);
  await fast.store.deleteExpired(fast.now(), 100);
  expect((await present(slow)).status).toBe(401);
});

async function keyIdsOf(server: TestServer): Promise<readonly string[]> {
  const response = await server.fetch(new Request("https://mcp.example/oauth/jwks"));
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

/** The same process again: what it had in memory is gone. */
async function restart(server: TestServer): Promise<TestServer> {
  const { database } = server.settings;
  const restarted = await startServer({ database, secret: SECRET, accessTokenSeconds: DAY_SECONDS });
  restarted.advance((server.now() - restarted.now()) / 1000);
  return restarted;
}
