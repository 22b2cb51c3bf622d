import { createOAuthServer } from "mcp-gatehouse";
import { oidc } from "mcp-gatehouse/sign-in";

/** A server on which people sign in at one provider, as a process of its own: what it trusts, and its way out, are the process's. */
const { PROVIDER = "", PROVIDER_CLIENT_ID = "", PROVIDER_CLIENT_SECRET = "", PORT } = process.env;

const server = createOAuthServer(
  "Sign-in test",
  {
    signIn: [oidc({ issuer: PROVIDER, clientId: PROVIDER_CLIENT_ID, clientSecret: PROVIDER_CLIENT_SECRET })],
    admit: "anyone",
  },
  { database: ":memory:", port: Number(PORT) },
);
await server.listen();
