import type { Context, Hono } from "hono";
import { ConfigurationError } from "../core/errors.ts";
import type { Instrument } from "../platform/telemetry/instrument.ts";
import type { Boundary } from "./boundary.ts";
import { allowOrigin, type CorsPolicy, preflight } from "./cors.ts";
import { type ConnectionInfo, peerOf } from "./peer.ts";
import type { Endpoint, Method, Route } from "./route.ts";

export type GatehouseEnv = { Bindings: ConnectionInfo };

export type MountParts = {
  readonly basePath: string;
  readonly trustProxy: boolean;
  readonly boundary: Boundary;
  readonly instrument: Instrument;
};

/**
 * Mounts routes at their paths.
 * @throws ConfigurationError where one of them would hide another
 */
export function mountRoutes(
  app: Hono<GatehouseEnv>,
  routes: readonly Route[],
  { basePath, trustProxy, boundary, instrument }: MountParts,
): void {
  refuseHidden(routes, basePath);
  for (const route of routes) {
    const serve = serveRoute(route, boundary, trustProxy);
    for (const path of new Set(pathsOf(route, basePath))) {
      const instrumented = { name: route.name, path, isQuiet: route.askedBy !== undefined };
      const handler = (context: Context<GatehouseEnv>) =>
        instrument(instrumented, context.req.raw, () => serve(context));
      if (route.otherMethods === "not_found") app.on(Object.keys(route.methods), path, handler);
      else app.all(path, handler);
    }
  }
}

/** The paths of a route as they stand in URLs. */
export function pathsOf({ paths, isAtRoot }: Route, basePath: string): readonly string[] {
  return isAtRoot ? paths : paths.map((path) => `${basePath}${path}` || "/");
}

/** Of two routes with one path, requests reach the first alone: an option of the operator's must not put one there. */
function refuseHidden(routes: readonly Route[], basePath: string): void {
  const taken = new Map<string, readonly Route[]>();
  for (const route of routes) {
    for (const path of new Set(pathsOf(route, basePath))) {
      const earlier = taken.get(path) ?? [];
      const first = earlier.find((one) => haveOneMethod(one, route));
      if (first !== undefined) throw hidden(path, first, route);
      taken.set(path, [...earlier, route]);
    }
  }
}

/** Without "not_found", a route answers each method, if only with 405. */
function haveOneMethod(one: Route, other: Route): boolean {
  if (one.otherMethods !== "not_found" || other.otherMethods !== "not_found") return true;
  return Object.keys(one.methods).some((method) => method in other.methods);
}

function hidden(path: string, one: Route, other: Route): ConfigurationError {
  const option = one.pathOption ?? other.pathOption;
  const advice = option === undefined ? "Give one of them another path." : `Give ${option} another value.`;
  return new ConfigurationError(
    `The endpoints ${one.name} and ${other.name} have the same path, ${path}. ${advice}`,
  );
}

function serveRoute(
  route: Route,
  boundary: Boundary,
  trustProxy: boolean,
): (context: Context<GatehouseEnv>) => Promise<Response> {
  const { cors } = route;
  const methods = Object.keys(route.methods);
  return async ({ req: { raw: request }, env }) => {
    if (request.method === "OPTIONS") return preflight(request, cors ?? [], methods);
    const endpoint = endpointFor(request.method, route);
    if (!endpoint) {
      return new Response("Method not allowed\n", { status: 405, headers: { Allow: methods.join(", ") } });
    }
    const response = await boundary(route, endpoint, request, peerOf(request, env ?? {}, trustProxy));
    return cors && needsCors(request, response, cors) ? allowOrigin(response, request, cors) : response;
  };
}

function endpointFor(method: string, { methods, otherMethods }: Route): Endpoint | undefined {
  const other = otherMethods === "not_found" ? undefined : otherMethods;
  return methods[(method === "HEAD" ? "GET" : method) as Method] ?? other;
}

/** What caches may keep always says that all may read it, so that they keep one copy. Elsewhere only browsers need to hear it. */
function needsCors(request: Request, { headers }: Response, policy: CorsPolicy): boolean {
  return (
    policy !== "*" ||
    request.headers.has("origin") ||
    headers.get("cache-control")?.startsWith("public") === true
  );
}
