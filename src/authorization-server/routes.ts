import { authorizationServerMetadataPaths, ENDPOINT_PATHS } from "../core/metadata.ts";
import type { Peer } from "../http/peer.ts";
import type { Endpoint, Route } from "../http/route.ts";
import { register } from "./clients/register.ts";
import type { Deps } from "./deps.ts";
import { authorize } from "./interaction/authorize.ts";
import { consent, showConsent } from "./interaction/consent.ts";
import { jwks, metadata } from "./metadata.ts";
import { login, showLogin } from "./sign-in/login.ts";
import { introspect } from "./tokens/introspect.ts";
import { revoke } from "./tokens/revoke.ts";
import { token } from "./tokens/token.ts";

/** The table of paths. */
export function authorizationServerRoutes(deps: Deps): readonly Route[] {
  const { issuer, cors } = deps.settings;
  const bind =
    (endpoint: (request: Request, deps: Deps, peer: Peer) => Promise<Response>): Endpoint =>
    (request, peer) =>
      endpoint(request, deps, peer);
  const json = { refusals: "json" } as const;
  const page = { refusals: "page" } as const;
  const paths = ENDPOINT_PATHS;
  const metadataAt = authorizationServerMetadataPaths(issuer) as readonly [string, ...string[]];
  return [
    {
      name: "authorization_server_metadata",
      paths: metadataAt,
      isAtRoot: true,
      ...json,
      cors: "*",
      methods: { GET: bind(metadata) },
    },
    {
      name: "jwks",
      paths: [paths.jwks],
      ...json,
      cors: "*",
      methods: { GET: bind(jwks) },
      metadata: "jwks_uri",
    },
    // The bare ones are for clients of 2025-03-26 that guess when they find no metadata.
    {
      name: "register",
      paths: [paths.register, "/register"],
      ...json,
      refusedAs: "client.refused",
      cors,
      methods: { POST: bind(register) },
      metadata: "registration_endpoint",
    },
    {
      name: "authorize",
      paths: [paths.authorize, "/authorize"],
      ...page,
      methods: { GET: bind(authorize) },
      metadata: "authorization_endpoint",
    },
    { name: "login", paths: [paths.login], ...page, methods: { GET: bind(showLogin), POST: bind(login) } },
    {
      name: "consent",
      paths: [paths.consent],
      ...page,
      methods: { GET: bind(showConsent), POST: bind(consent) },
    },
    {
      name: "token",
      paths: [paths.token, "/token"],
      ...json,
      refusedAs: "token.refused",
      cors,
      methods: { POST: bind(token) },
      metadata: "token_endpoint",
    },
    {
      name: "revoke",
      paths: [paths.revoke],
      ...json,
      cors,
      methods: { POST: bind(revoke) },
      metadata: "revocation_endpoint",
    },
    {
      name: "introspect",
      paths: [paths.introspect],
      ...json,
      cors,
      methods: { POST: bind(introspect) },
      metadata: "introspection_endpoint",
    },
  ];
}
