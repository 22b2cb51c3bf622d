import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type JWK } from "oidc-provider";
// @ts-expect-error It has no types: it is not meant for use outside.
import MemoryAdapter from "oidc-provider/lib/adapters/memory_adapter.js";
// @ts-expect-error The same.
import LRU from "oidc-provider/lib/helpers/lru.js";
import type { Prepared } from "../comparison.ts";
import type { Chain, Plan } from "../load/plan.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { forEach, refreshPlans, registrationPlan } from "./plans.ts";

// oidc-provider as it comes, with its in-memory adapter: access tokens are ES256 JWTs for one resource, refresh tokens
// rotate, a client has no secret, and registering one returns no management token. It writes no log lines.

export type OidcProviderLoad =
  | { readonly kind: "refresh" }
  | { readonly kind: "register"; readonly which: "new" | "same" };

const RESOURCE = "https://mcp.example/mcp";
const CLIENT_ID = "bench";
const ACCOUNT_ID = "ada";
const SCOPE = "mcp offline_access";
const ACCESS_TOKEN_SECONDS = 1800;
const REFRESH_TOKEN_SECONDS = 30 * 24 * 60 * 60;
/**
 * How many rows its store keeps for refreshes. Of the 1,000 that it keeps otherwise, the grant of a connection that has to
 * wait for a while is pushed out by the rotations of the others, and its refresh is refused.
 */
const ROWS = 5000;

const { load } = readOptions<{ readonly load: OidcProviderLoad }>();

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const signingKey = { ...privateKey.export({ format: "jwk" }), kid: "bench", alg: "ES256", use: "sig" } as JWK;

const provider = new Provider("https://mcp.example", {
  ...(load.kind === "refresh" && { adapter: largerStore() }),
  jwks: { keys: [signingKey] },
  cookies: { keys: ["a secret that is as long as it has to be"] },
  clients: [
    {
      client_id: CLIENT_ID,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: ["https://client.example/callback"],
    },
  ],
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  scopes: ["mcp", "offline_access"],
  findAccount: async (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
  rotateRefreshToken: true,
  ttl: {
    AccessToken: ACCESS_TOKEN_SECONDS,
    RefreshToken: REFRESH_TOKEN_SECONDS,
    Grant: REFRESH_TOKEN_SECONDS,
  },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true, issueRegistrationAccessToken: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: "mcp",
        audience: RESOURCE,
        accessTokenTTL: ACCESS_TOKEN_SECONDS,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});

const server = createServer(provider.callback());
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

answerQuestions({
  prepare: async (connections: number): Promise<Prepared> => ({
    ports: [port],
    plans: await plansFor(connections),
  }),
});

function largerStore() {
  const rows = new LRU({ maxSize: ROWS });
  return (model: string) => new MemoryAdapter(model, rows);
}

async function plansFor(connections: number): Promise<readonly Plan[]> {
  if (load.kind === "register") return forEach(connections, () => registrationPlan("/reg", load.which));
  const chains: Chain[] = [];
  for (let i = 0; i < connections; i += 1) chains.push(await newChain());
  return refreshPlans(connections, "/token", chains);
}

/** What its token endpoint stores when a code is exchanged. */
async function newChain(): Promise<Chain> {
  const client = await provider.Client.find(CLIENT_ID);
  if (!client) throw new Error("the client is not there");
  const grant = new provider.Grant({ accountId: ACCOUNT_ID, clientId: CLIENT_ID });
  grant.addOIDCScope(SCOPE);
  grant.addResourceScope(RESOURCE, "mcp");
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    accountId: ACCOUNT_ID,
    client,
    grantId,
    gty: "authorization_code",
    authTime: Math.floor(Date.now() / 1000),
    resource: RESOURCE,
    scope: SCOPE,
  } as never);
  return { fields: { client_id: CLIENT_ID }, refreshToken: await token.save() };
}
