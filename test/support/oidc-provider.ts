import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Configuration, type JWK } from "oidc-provider";
import { newPkce } from "./client.ts";
import { openNetworkBrowser } from "./network.ts";

/** The certified provider of the ecosystem on loopback. Everybody who comes is Ada, and Ada approves everything. */
export type OidcProvider = {
  readonly issuer: string;
  readonly port: number;
  /** Stops listening, and listens again on the same port. */
  takeDown(): Promise<void>;
  bringBack(): Promise<void>;
  /** From an authorize URL to the address at the client that it ends at. */
  person(authorizeUrl: URL): Promise<URL>;
  /** Ada's token for the resource, by the whole dance of a client that knows the provider already. */
  newToken(): Promise<string>;
  /** Signs with new keys from now on; the ones before stay published, unless they are dropped. */
  rotateKeys(before?: "kept" | "dropped"): void;
  close(): Promise<void>;
};

/** A client that may ask for every scope; one that registers itself is held to what it registered. */
export const OIDC_CLIENT_ID = "sdk";
const REDIRECT_URI = "http://localhost:8765/callback";

export type OidcProviderOptions = {
  readonly resource: string;
  readonly accessTokenFormat: "jwt" | "opaque";
  /** A resource server that may introspect. */
  readonly resourceServer?: { readonly clientId: string; readonly clientSecret: string };
  readonly scope?: string;
};

export async function startOidcProvider(options: OidcProviderOptions): Promise<OidcProvider> {
  const handler: { current: (request: IncomingMessage, response: ServerResponse) => void } = {
    current: () => {},
  };
  const server = createServer((request, response) => handler.current(request, response));
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  let keys: readonly JWK[] = [];
  const rotateKeys = (before: "kept" | "dropped" = "kept") => {
    // The first one that fits signs.
    keys = [signingKey("ES256"), signingKey("RS256"), ...(before === "kept" ? keys : [])];
    // Its keys are fixed when it is made; the one before forgets nothing that a token needs.
    const provider = new Provider(issuer, configuration(options, keys));
    const callback = provider.callback();
    handler.current = (request, response) => {
      if (!request.url?.startsWith("/interaction/")) return void callback(request, response);
      interact(provider, request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    };
  };
  rotateKeys();
  const takeDown = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    issuer,
    port,
    takeDown,
    bringBack: () => listen(port),
    person: (url) => follow(url, issuer),
    newToken: () => newToken(issuer, options),
    rotateKeys,
    close: takeDown,
  };
}

function configuration(
  { resource, accessTokenFormat, resourceServer, scope = "mcp" }: OidcProviderOptions,
  keys: readonly JWK[],
): Configuration {
  return {
    jwks: { keys: [...keys] },
    cookies: { keys: ["a secret that is as long as it has to be"] },
    clients: [
      {
        client_id: OIDC_CLIENT_ID,
        token_endpoint_auth_method: "none",
        application_type: "native",
        redirect_uris: [REDIRECT_URI],
        grant_types: ["authorization_code", "refresh_token"],
        scope: `${scope} offline_access`,
      },
      ...(resourceServer
        ? [
            {
              client_id: resourceServer.clientId,
              client_secret: resourceServer.clientSecret,
              redirect_uris: [],
              response_types: [],
              grant_types: [],
            },
          ]
        : []),
    ],
    scopes: [...scope.split(" "), "offline_access"],
    findAccount: async (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, RefreshToken: 600, IdToken: 600 },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      introspection: { enabled: true, allowedPolicy: async () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope,
          audience: resource,
          accessTokenFormat,
          ...(accessTokenFormat === "jwt" && { jwt: { sign: { alg: "ES256" } } }),
        }),
      },
    },
  } as Configuration;
}

export function signingKey(alg: "ES256" | "RS256"): JWK {
  const { privateKey } =
    alg === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: `${alg}-${randomUUID()}`, alg, use: "sig" } as JWK;
}

async function newToken(issuer: string, { resource, scope = "mcp" }: OidcProviderOptions): Promise<string> {
  const { verifier, challenge } = newPkce();
  const url = new URL(`${issuer}/auth`);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: OIDC_CLIENT_ID,
    redirect_uri: REDIRECT_URI,
    code_challenge: challenge,
    code_challenge_method: "S256",
    resource,
    scope,
  }).toString();
  const code = (await follow(url, issuer)).searchParams.get("code") ?? "";
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: OIDC_CLIENT_ID,
      redirect_uri: REDIRECT_URI,
      code,
      code_verifier: verifier,
      resource,
    }),
  });
  const answer = (await response.json()) as { readonly access_token?: string };
  if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
  return answer.access_token;
}

/** Signs Ada in, and grants whatever is missing. */
async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: "ada" } });
  }
  const missing = prompt.details as {
    missingOIDCScope?: string[];
    missingResourceScopes?: Record<string, string[]>;
  };
  const grant =
    (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
    new provider.Grant({ accountId: session?.accountId ?? "ada", clientId: String(params.client_id) });
  if (missing.missingOIDCScope) grant.addOIDCScope(missing.missingOIDCScope.join(" "));
  for (const [resource, scopes] of Object.entries(missing.missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(" "));
  }
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

/** Follows redirects with cookies until they lead away from the provider. */
async function follow(authorizeUrl: URL, issuer: string): Promise<URL> {
  const browser = openNetworkBrowser(issuer);
  let next = authorizeUrl;
  for (let hop = 0; hop < 10 && next.origin === issuer; hop++) {
    const response = await browser.request(next.href);
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${response.status} without a redirect: ${await response.text()}`);
    next = new URL(location, next);
  }
  return next;
}
