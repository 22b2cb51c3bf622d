import type { Context, Hono } from "hono";
import { authorizationServerMetadataPaths, ENDPOINT_PATHS } from "../core/metadata.ts";
import { allowOrigin, type CorsPolicy, preflight } from "../platform/cors.ts";
import { randomId } from "../platform/random.ts";
import type { RouteName } from "../platform/telemetry/metrics.ts";
import type { Observe } from "../platform/telemetry/observe.ts";
import { type Answers, answer } from "./boundary.ts";
import type { Deps, Endpoint, Peer } from "./deps.ts";
import { authorize } from "./endpoints/authorize.ts";
import { consent, showConsent } from "./endpoints/consent.ts";
import { introspect } from "./endpoints/introspect.ts";
import { login, showLogin } from "./endpoints/login.ts";
import { jwks, metadata } from "./endpoints/metadata.ts";
import { register } from "./endpoints/register.ts";
import { revoke } from "./endpoints/revoke.ts";
import { token } from "./endpoints/token.ts";

/** What the listener tells beside the request. */
export type Connection = { readonly address?: string | undefined };
export type GatehouseEnv = { Bindings: Connection };

type Route = {
  readonly name: RouteName;
  readonly paths: readonly string[];
  readonly answers: Answers;
  /** Undefined: no page of another origin reads it. */
  readonly cors: CorsPolicy | undefined;
  readonly methods: Readonly<Partial<Record<"GET" | "POST", Endpoint>>>;
};

/** The table of paths. */
function routes({ issuer, basePath, cors }: Deps["settings"]): readonly Route[] {
  const at = (...paths: readonly string[]) => paths.map((path) => `${basePath}${path}`);
  const json = { answers: "json" } as const;
  const page = { answers: "page", cors: undefined } as const;
  const { register: registerAt, authorize: authorizeAt, token: tokenAt } = ENDPOINT_PATHS;
  const {
    login: loginAt,
    consent: consentAt,
    revoke: revokeAt,
    introspect: introspectAt,
    jwks: jwksAt,
  } = ENDPOINT_PATHS;
  const metadataAt = authorizationServerMetadataPaths(issuer);
  return [
    {
      name: "authorization_server_metadata",
      paths: metadataAt,
      ...json,
      cors: "*",
      methods: { GET: metadata },
    },
    { name: "jwks", paths: at(jwksAt), ...json, cors: "*", methods: { GET: jwks } },
    // The bare ones are for clients of 2025-03-26 that guess when they find no metadata.
    { name: "register", paths: at(registerAt, "/register"), ...json, cors, methods: { POST: register } },
    { name: "authorize", paths: at(authorizeAt, "/authorize"), ...page, methods: { GET: authorize } },
    { name: "login", paths: at(loginAt), ...page, methods: { GET: showLogin, POST: login } },
    { name: "consent", paths: at(consentAt), ...page, methods: { GET: showConsent, POST: consent } },
    { name: "token", paths: at(tokenAt, "/token"), ...json, cors, methods: { POST: token } },
    { name: "revoke", paths: at(revokeAt), ...json, cors, methods: { POST: revoke } },
    { name: "introspect", paths: at(introspectAt), ...json, cors, methods: { POST: introspect } },
  ];
}

/** Mounts every path of the authorization server. */
export function mountAuthorizationServer(app: Hono<GatehouseEnv>, deps: Deps, observe: Observe): void {
  for (const route of routes(deps.settings)) {
    for (const path of route.paths) {
      const watched = { name: route.name, path };
      app.all(path, (context) => observe(watched, context.req.raw, () => serve(route, context, deps)));
    }
  }
}

async function serve(route: Route, context: Context<GatehouseEnv>, deps: Deps): Promise<Response> {
  const request = context.req.raw;
  const methods = Object.keys(route.methods);
  if (request.method === "OPTIONS") return preflight(request, route.cors ?? [], methods);
  // HEAD is GET without the body, which the router leaves out (RFC 9110 §9.3.2).
  const endpoint = route.methods[(request.method === "HEAD" ? "GET" : request.method) as "GET" | "POST"];
  if (!endpoint) {
    return new Response("Method not allowed\n", { status: 405, headers: { Allow: methods.join(", ") } });
  }
  const response = await answer(endpoint, route.answers, request, deps, peerOf(context, deps));
  return route.cors && needsCors(request, route.cors) ? allowOrigin(response, request, route.cors) : response;
}

/** Documents say always that all may read them, so that caches keep one copy. Elsewhere only browsers need to hear it. */
function needsCors(request: Request, policy: CorsPolicy): boolean {
  return request.method === "GET" || policy !== "*" || request.headers.has("origin");
}

/** The address is the connection's, or what the operator's own proxy appended (the last entry; others can be made up). */
export function peerOf(context: Context<GatehouseEnv>, { settings }: Pick<Deps, "settings">): Peer {
  const forwarded = settings.trustProxy
    ? context.req.header("x-forwarded-for")?.split(",").at(-1)?.trim()
    : undefined;
  return { address: forwarded || context.env?.address, correlationId: randomId().slice(0, 12) };
}
