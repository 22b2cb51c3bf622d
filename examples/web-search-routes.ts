import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { OAuthServer } from "mcp-gatehouse";
import { z } from "zod";
import { serveApiDocs } from "./api-docs.ts";
import { type Search, searchInput } from "./tavily.ts";
import { openApiDocument, signInEndpoints } from "./web-search-openapi.ts";

const LARGEST_CALL_BYTES = 64 * 1024;
const PROVIDER_TIMEOUT_MS = 10_000;

type Env = { readonly Bindings: HttpBindings };

export type RouteParts = {
  readonly server: OAuthServer;
  readonly search: Search;
  /** Scope → what it lets a client do. */
  readonly scopes: Readonly<Record<string, string>>;
  /** The client that the page at /docs signs people in with, where there is one. */
  readonly docsClientId: string | undefined;
};

/** The REST routes, and the MCP server behind all other paths. */
export function routes({ server, search, scopes, docsClientId }: RouteParts): Hono<Env> {
  const docs = serveApiDocs({
    title: "Web search",
    path: "/docs",
    document: "/openapi.json",
    clientId: docsClientId,
    scopes: Object.keys(scopes),
  });
  const app = new Hono<Env>();

  app.post(
    "/tools/call",
    // The guard first: no body is read before it is known who sends it.
    async ({ req }, next) => {
      const auth = await server.guard(req.raw);
      return auth instanceof Response ? auth : next();
    },
    bodyLimit({
      maxSize: LARGEST_CALL_BYTES,
      onError: () => refuse(413, "too_large", "A call may have 64 KiB."),
    }),
    async ({ req }) => callTool(await req.json().catch(() => undefined), search),
  );

  app.get("/openapi.json", async ({ req }) => {
    const endpoints = await findSignIn(server, req.url);
    return endpoints instanceof Response ? endpoints : Response.json(openApiDocument(endpoints, scopes));
  });

  app.all(
    "*",
    ({ req, env }) => docs(req.path) ?? server.fetch(req.raw, { address: env.incoming.socket.remoteAddress }),
  );
  return app;
}

const call = z.object({ name: z.string(), arguments: z.unknown() });

async function callTool(body: unknown, search: Search): Promise<Response> {
  const parsed = call.safeParse(body);
  if (!parsed.success) return refuse(400, "invalid_request", 'Send {"name": …, "arguments": {…}} as JSON.');
  if (parsed.data.name !== "web_search") {
    return refuse(404, "unknown_tool", "There is one tool here: web_search.");
  }
  const input = searchInput.safeParse(parsed.data.arguments);
  if (!input.success) return refuse(400, "invalid_arguments", z.prettifyError(input.error));
  return Response.json(await search(input.data));
}

/** Asks the way that clients do, so that the embedded sign-in and a provider need no telling apart. */
async function findSignIn(
  server: OAuthServer,
  url: string,
): Promise<z.output<typeof signInEndpoints> | Response> {
  const found = await server.fetch(new Request(new URL("/.well-known/oauth-authorization-server", url)));
  const location = found.headers.get("location");
  if (!location && !found.ok) return found;
  try {
    const answer = location
      ? await fetch(location, { signal: AbortSignal.timeout(PROVIDER_TIMEOUT_MS) })
      : found;
    return signInEndpoints.parse(await answer.json());
  } catch {
    return refuse(
      503,
      "temporarily_unavailable",
      "The provider does not say where people sign in. Try again.",
    );
  }
}

function refuse(status: number, error: string, description: string): Response {
  return Response.json({ error, error_description: description }, { status });
}
