import { expect, it } from "vitest";
import { authorize, connect, newPkce, redeem, refresh, register } from "../support/client.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { REVOKED } from "../support/store/samples.ts";

// Why the client of a grant gets no tokens is kept in the grant, for its person. No one else can write there.

const DAY = 24 * 60 * 60;
const idOf = (codeOrToken: string) => codeOrToken.split(".")[0] ?? "";
const grantOf = (server: TestServer, codeOrToken: string) => server.store.findGrant(idOf(codeOrToken));

async function waiting(server: TestServer) {
  const { client_id: clientId } = await register(server);
  return { clientId, ...(await authorize(server, clientId)) };
}

it.each<[refusal: string, attempt: (server: TestServer) => Promise<{ answer: Response; of: string }>]>([
  [
    "verifier_mismatch",
    async (server) => {
      const { clientId, code } = await waiting(server);
      return { of: code, answer: await redeem(server, clientId, { code, verifier: newPkce().verifier }) };
    },
  ],
  [
    "redirect_mismatch",
    async (server) => {
      const { clientId, ...authorized } = await waiting(server);
      const redirect_uri = "https://client.example/another";
      return { of: authorized.code, answer: await redeem(server, clientId, authorized, { redirect_uri }) };
    },
  ],
  [
    "code_expired",
    async (server) => {
      const { clientId, ...authorized } = await waiting(server);
      server.advance(5 * 60);
      return { of: authorized.code, answer: await redeem(server, clientId, authorized) };
    },
  ],
  [
    "scope_not_granted",
    async (server) => {
      const { clientId, refresh_token } = await connect(server);
      return {
        of: refresh_token,
        answer: await refresh(server, clientId, refresh_token, { scope: "todo:write" }),
      };
    },
  ],
  [
    "expired",
    async (server) => {
      const { clientId, refresh_token } = await connect(server);
      server.advance(30 * DAY);
      return { of: refresh_token, answer: await refresh(server, clientId, refresh_token) };
    },
  ],
  [
    "revoked",
    async (server) => {
      const { clientId, refresh_token } = await connect(server);
      await server.store.revokeGrant(idOf(refresh_token), "operator", server.now(), REVOKED);
      return { of: refresh_token, answer: await refresh(server, clientId, refresh_token) };
    },
  ],
])("the grant says that its client was refused: %s", async (refusal, attempt) => {
  const server = await startServer();
  const { answer, of } = await attempt(server);
  expect(answer.status).toBe(400);
  expect(await grantOf(server, of)).toMatchObject({ refusal, refusedAt: server.now() });
});

it("the repeat of a lost answer is refused for scopes that were not granted, and the grant says so", async () => {
  const server = await startServer();
  const { clientId, refresh_token } = await connect(server);
  await refresh(server, clientId, refresh_token);
  expect((await refresh(server, clientId, refresh_token, { scope: "todo:write" })).status).toBe(400);
  expect(await grantOf(server, refresh_token)).toMatchObject({ refusal: "scope_not_granted", generation: 2 });
});

it("nothing is written for a request that is not proven to be of the grant's own client", async () => {
  const operators = { id: "secretive", secret: "a secret of the client, and long", redirectUris: [] };
  const server = await startServer({
    clients: [{ ...operators, redirectUris: ["https://client.example/callback"] }],
  });
  const { clientId, refresh_token } = await connect(server);
  const { clientId: ours, ...authorized } = await waiting(server);
  const other = await register(server, { client_name: "Another" });
  const { code: theirCode } = await authorize(server, operators.id);
  const of = await Promise.all(
    [refresh_token, authorized.code, theirCode].map((text) => grantOf(server, text)),
  );

  const wrongMac = (text: string) => `${text.slice(0, -43)}${"A".repeat(43)}`;
  const answers = await Promise.all([
    // A stranger, with an id that they saw.
    refresh(server, clientId, wrongMac(refresh_token), { scope: "todo:write" }),
    redeem(server, ours, { code: wrongMac(authorized.code), verifier: newPkce().verifier }),
    // Another client, with a code and a token that it stole.
    refresh(server, other.client_id, refresh_token, { scope: "todo:write" }),
    redeem(server, other.client_id, { code: authorized.code, verifier: newPkce().verifier }),
    // Its own id, without its secret or with another one.
    redeem(server, operators.id, { code: theirCode, verifier: newPkce().verifier }),
    redeem(
      server,
      operators.id,
      { code: theirCode, verifier: newPkce().verifier },
      { client_secret: "guess" },
    ),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 401, 401]);
  expect(
    await Promise.all([refresh_token, authorized.code, theirCode].map((text) => grantOf(server, text))),
  ).toEqual(of);
});

it("what a thief's old token ends is said by the end, and not as a refusal", async () => {
  const server = await startServer();
  const { clientId, refresh_token } = await connect(server);
  const { refresh_token: next } = (await (await refresh(server, clientId, refresh_token)).json()) as {
    refresh_token: string;
  };
  await refresh(server, clientId, next);
  expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
  expect(await grantOf(server, refresh_token)).toMatchObject({
    revokedReason: "refresh_reuse",
    refusal: null,
    refusedAt: null,
  });
});

it("a client that asks again and again is written down once a minute, and another reason at once", async () => {
  const server = await startServer();
  const { clientId, refresh_token } = await connect(server);
  const asked = () => refresh(server, clientId, refresh_token, { scope: "todo:write" });
  await asked();
  const first = server.now();
  server.advance(59);
  await asked();
  expect(await grantOf(server, refresh_token)).toMatchObject({ refusedAt: first });
  server.advance(1);
  await asked();
  expect(await grantOf(server, refresh_token)).toMatchObject({ refusedAt: server.now() });
  server.advance(1);
  await server.store.revokeGrant(idOf(refresh_token), "operator", server.now(), REVOKED);
  await asked();
  expect(await grantOf(server, refresh_token)).toMatchObject({ refusal: "revoked", refusedAt: server.now() });
});

it("a refusal is forgotten with its grant, and stands in no one's way until then", async () => {
  const server = await startServer();
  const { clientId, refresh_token } = await connect(server);
  expect((await refresh(server, clientId, refresh_token, { scope: "todo:write" })).status).toBe(400);
  expect((await refresh(server, clientId, refresh_token)).status).toBe(200);
  await server.store.deleteExpired(server.now() + 400 * DAY * 1000, 10);
  expect(await grantOf(server, refresh_token)).toBeUndefined();
});
