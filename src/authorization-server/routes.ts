import type { Context, Hono } from "hono";
import { authorizationServerMetadataPaths, ENDPOINT_PATHS } from "../core/metadata.ts";
import { allowOrigin, type CorsPolicy, preflight } from "../platform/cors.ts";
import { randomId } from "../platform/random.ts";
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
  readonly paths: readonly string[];
  readonly answers: Answers;
  /** Undefined: no page of another origin reads it. */
  readonly cors: CorsPolicy | undefined;
  readonly methods: Readonly<Partial<Record<"GET" | "POST", Endpoint>>>;
};

/** The table of paths. */
function routes({ issuer, basePath, cors }: Deps["settings"]): readonly Route[] {
  const at = (...paths: readonly string[]) => paths.map((path) => `${basePath}${path}`);
  const { register: registerAt, authorize: authorizeAt, token: tokenAt } = ENDPOINT_PATHS;
  const {
    login: loginAt,
    consent: consentAt,
    revoke: revokeAt,
    introspect: introspectAt,
    jwks: jwksAt,
  } = ENDPOINT_PATHS;
  return [
    {
      paths: authorizationServerMetadataPaths(issuer),
      answers: "json",
      cors: "*",
      methods: { GET: metadata },
    },
    { paths: at(jwksAt), answers: "json", cors: "*", methods: { GET: jwks } },
    // The bare ones are for clients of 2025-03-26 that guess when they find no metadata.
    { paths: at(registerAt, "/register"), answers: "json", cors, methods: { POST: register } },
    { paths: at(authorizeAt, "/authorize"), answers: "page", cors: undefined, methods: { GET: authorize } },
    { paths: at(loginAt), answers: "page", cors: undefined, methods: { GET: showLogin, POST: login } },
    { paths: at(consentAt), answers: "page", cors: undefined, methods: { GET: showConsent, POST: consent } },
    { paths: at(tokenAt, "/token"), answers: "json", cors, methods: { POST: token } },
    { paths: at(revokeAt), answers: "json", cors, methods: { POST: revoke } },
    { paths: at(introspectAt), answers: "json", cors, methods: { POST: introspect } },
  ];
}

/** Mounts every path of the authorization server. */
export function mountAuthorizationServer(app: Hono<GatehouseEnv>, deps: Deps): void {
  for (const route of routes(deps.settings)) {
    for (const path of route.paths) app.all(path, (context) => serve(route, context, deps));
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
