import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { authorize, connect, RESOURCE, redeem, refresh, register, tokensOf } from "../support/client.ts";
import { claimsOf } from "../support/forge.ts";
import { startServer, type TestServer } from "../support/server.ts";

// Each request here is right in all but one thing: what refuses it is the one check that is meant to.

const OTHER = "https://other.example/mcp";
const refused = async (answer: Promise<Response>) => {
  const response = await answer;
  return [response.status, ((await response.json()) as { error: string }).error];
};
/** A token request that may name a parameter more than once. */
const post = (server: TestServer, fields: readonly (readonly [string, string])[]) =>
  server.fetch(
    new Request(new URL("/oauth/token", RESOURCE), {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString(),
    }),
  );

const PROGRAM = {
  id: "program",
  secret: "a secret of the program, and long",
  grantTypes: ["client_credentials"],
};

it.each<[string, (server: TestServer) => Promise<Readonly<Record<string, string>>>]>([
  [
    "authorization_code",
    async (server) => {
      const { client_id } = await register(server);
      const { code, verifier } = await authorize(server, client_id);
      return { client_id, code, code_verifier: verifier };
    },
  ],
  [
    "refresh_token",
    async (server) => {
      const { clientId, refresh_token } = await connect(server);
      return { client_id: clientId, refresh_token };
    },
  ],
  ["client_credentials", async () => ({ client_id: PROGRAM.id, client_secret: PROGRAM.secret })],
])(
  "%s: several resources are invalid_target unless they are one (RFC 8707 §2.2)",
  async (grant_type, ask) => {
    const server = await startServer({ clients: [PROGRAM] });
    const fields = Object.entries({ grant_type, ...(await ask(server)) });
    const naming = (...resources: readonly string[]) =>
      post(server, [...fields, ...resources.map((resource) => ["resource", resource] as const)]);
    for (const resources of [
      [RESOURCE, OTHER],
      [OTHER, RESOURCE],
      [RESOURCE, RESOURCE, OTHER],
    ]) {
      expect(await refused(naming(...resources))).toEqual([400, "invalid_target"]);
    }
    await tokensOf(naming(RESOURCE, `${RESOURCE}/`, RESOURCE));
  },
);

it.each([
  [42, 400],
  [43, 200],
  [128, 200],
  [129, 400],
])("a verifier of %i characters, whose challenge matches: %i (RFC 7636 §4.1)", async (length, status) => {
  const server = await startServer();
  const { client_id } = await register(server);
  const verifier = "v".repeat(length);
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  const { code } = await authorize(server, client_id, { params: { code_challenge } });
  expect((await redeem(server, client_id, { code, verifier })).status).toBe(status);
});

const OTHER_MAC = "A".repeat(43);

it("a code is refused with another MAC, though its grant is waiting, and stays good", async () => {
  const server = await startServer();
  const { client_id } = await register(server);
  const { code, verifier } = await authorize(server, client_id);
  const other = await authorize(server, client_id);
  const [grant = ""] = code.split(".");
  for (const mac of [OTHER_MAC, other.code.split(".")[1]]) {
    const forged = { code: `${grant}.${mac}`, verifier };
    expect(await refused(redeem(server, client_id, forged))).toEqual([400, "invalid_grant"]);
  }
  await tokensOf(redeem(server, client_id, { code, verifier }));
});

it("a refresh token is refused with another MAC, though its grant lives, and nothing is revoked", async () => {
  const server = await startServer();
  const { clientId, refresh_token } = await connect(server);
  const other = await connect(server);
  const [grant = "", , mac = ""] = refresh_token.split(".");
  for (const forged of [
    `${grant}.1.${OTHER_MAC}`,
    `${grant}.1.${other.refresh_token.split(".")[2]}`,
    // The next generation, which the server would take for a lost write and follow.
    `${grant}.2.${mac}`,
    `${grant}.0.${mac}`,
    `${grant}.01.${mac}`,
  ]) {
    expect(await refused(refresh(server, clientId, forged))).toEqual([400, "invalid_grant"]);
  }
  expect((await tokensOf(refresh(server, clientId, refresh_token))).refresh_token).toContain(".2.");
});

it("an access token ends with its grant: of a code, and of a refresh shortly before", async () => {
  const server = await startServer({ grantSeconds: 3600, accessTokenSeconds: 1800 });
  const endsAt = server.now() / 1000 + 3600;
  const { clientId, access_token, refresh_token } = await connect(server);
  expect(claimsOf(access_token).exp).toBe(endsAt - 1800);
  server.advance(3500);
  const last = await tokensOf(refresh(server, clientId, refresh_token));
  expect(claimsOf(last.access_token).exp).toBe(endsAt);
  expect(last.expires_in).toBe(100);
  const short = await startServer({ grantSeconds: 60, accessTokenSeconds: 1800 });
  const tokens = await connect(short);
  expect(claimsOf(tokens.access_token).exp).toBe(short.now() / 1000 + 60);
  expect(tokens.expires_in).toBe(60);
});

it("a refresh for nothing that was granted is refused before anything is written but that it was", async () => {
  const server = await startServer();
  const { clientId, refresh_token } = await connect(server);
  const [grant = ""] = refresh_token.split(".");
  const before = await server.store.findGrant(grant);
  const answer = refresh(server, clientId, refresh_token, { scope: "todo:write" });
  expect(await refused(answer)).toEqual([400, "invalid_scope"]);
  const refusal = { refusal: "scope_not_granted", refusedAt: server.now() };
  expect(await server.store.findGrant(grant)).toEqual({ ...before, ...refusal });
});

it("a refresh that names its scope, twenty times at once, gives twenty times one and the same successor", async () => {
  const server = await startServer();
  const { clientId, refresh_token } = await connect(server);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => tokensOf(refresh(server, clientId, refresh_token, { scope: "mcp" }))),
  );
  expect(new Set(answers.map((tokens) => tokens.refresh_token)).size).toBe(1);
});
