import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createMcpExpressApp, requireBearerAuth } from "@modelcontextprotocol/express";
import { OAuthError, OAuthErrorCode } from "@modelcontextprotocol/server";
import { jwtVerify, SignJWT } from "jose";
import type { Prepared } from "../comparison.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { type Era, echoPlan, forEach } from "./plans.ts";
import { sdkHandler } from "./sdk-handler.ts";

// The SDK on Express as its documentation builds it: a server for each request, `requireBearerAuth` before it, and
// every token verified with jose under a public key that is at hand.

const ISSUER = "https://mcp.example";
const RESOURCE = `${ISSUER}/mcp`;
const SECONDS = 1800;

const { era } = readOptions<{ readonly era: Era }>();
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

const bearerAuth = requireBearerAuth({
  requiredScopes: ["mcp"],
  resourceMetadataUrl: `${ISSUER}/.well-known/oauth-protected-resource/mcp`,
  expectedResource: new URL(RESOURCE),
  verifier: {
    async verifyAccessToken(token) {
      const { payload } = await jwtVerify(token, publicKey, {
        issuer: ISSUER,
        audience: RESOURCE,
        algorithms: ["ES256"],
        typ: "at+jwt",
      }).catch((cause: Error) => {
        throw new OAuthError(OAuthErrorCode.InvalidToken, cause.message);
      });
      return {
        token,
        clientId: String(payload.client_id),
        scopes: String(payload.scope).split(" "),
        expiresAt: payload.exp ?? 0,
        resource: new URL(RESOURCE),
      };
    },
  },
});

const serve = sdkHandler();

const app = createMcpExpressApp();
app.post("/mcp", bearerAuth, (request, response) => serve(request, response, request.body));
const server = createServer(app);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

answerQuestions({
  async prepare(connections: number): Promise<Prepared> {
    const token = await newToken();
    return { ports: [port], plans: forEach(connections, () => echoPlan(era, token)) };
  },
});

/** With the claims that a token of ours has. */
function newToken(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: ISSUER,
    sub: "ada",
    aud: RESOURCE,
    client_id: `dcr_${randomUUID()}`,
    scope: "mcp",
    iat: now,
    exp: now + SECONDS,
    jti: randomUUID(),
    gid: randomUUID(),
  })
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: randomUUID() })
    .sign(privateKey);
}
