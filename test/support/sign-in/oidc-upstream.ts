import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Configuration, type KoaContextWithOIDC, Provider } from "oidc-provider";
import { onTestFinished } from "vitest";
import { listening } from "../listening.ts";
import { signingKey } from "../oidc-provider.ts";
import { CLIENT_ID, CLIENT_SECRET } from "./identity-double.ts";

/** The `oidc-provider` as a provider that people sign in at. Whoever asks is signed in without a form, and approves. */
export type OidcUpstream = {
  readonly issuer: string;
  /** The authentication requests that it has answered, in order. */
  readonly asked: readonly Readonly<Record<string, unknown>>[];
  /** Who signs in when it asks. Until then it remembers, by its own session. */
  person: string;
};

const PEOPLE: Readonly<Record<string, { readonly name: string; readonly email: string }>> = {
  ada: { name: "Ada Lovelace", email: "ada@example.com" },
  eve: { name: "Eve", email: "eve@elsewhere.example" },
};

/**
 * @param own where the server is that people sign in to
 * @param method its name there: what its redirect URI ends with
 */
export async function startOidcUpstream(own: string, method = "oidc"): Promise<OidcUpstream> {
  const handler = { current: (_request: IncomingMessage, _response: ServerResponse): void => {} };
  const server = createServer((request, response) => handler.current(request, response));
  const issuer = `http://127.0.0.1:${await listening(server)}`;
  const asked: Readonly<Record<string, unknown>>[] = [];
  const upstream: OidcUpstream = { issuer, asked, person: "ada" };
  const provider = new Provider(issuer, configuration(own, method));
  provider.on("authorization.success", ({ oidc }: KoaContextWithOIDC) => {
    asked.push({ ...oidc.params });
  });
  const callback = provider.callback();
  handler.current = (request, response) => {
    if (!request.url?.startsWith("/interaction/")) return void callback(request, response);
    interact(provider, upstream.person, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  };
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return upstream;
}

function configuration(own: string, method: string): Configuration {
  return {
    jwks: { keys: [signingKey("ES256"), signingKey("RS256")] },
    cookies: { keys: ["a secret that is as long as it has to be"] },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [`${own}/oauth/callback/${method}`],
        backchannel_logout_uri: `${own}/oauth/logout/${method}`,
        backchannel_logout_session_required: true,
      },
    ],
    claims: { profile: ["name"], email: ["email", "email_verified"] },
    findAccount: async (_, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId, email_verified: true, ...PEOPLE[accountId] }),
    }),
    pkce: { required: () => true },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    // Its own would not go to a server on this computer.
    fetch: (url, { method, headers, body, redirect } = {}) =>
      fetch(url, { method, headers, body, redirect } as RequestInit),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
    },
  };
}

async function interact(
  provider: Provider,
  person: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: person } });
  }
  const grant =
    (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
    new provider.Grant({ accountId: session?.accountId ?? person, clientId: String(params.client_id) });
  grant.addOIDCScope(String(params.scope));
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}
