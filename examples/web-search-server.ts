import { join } from "node:path";
import { type ServerType, serve } from "@hono/node-server";
import {
  ConfigurationError,
  createOAuthServer,
  type OAuthServer,
  publicUrlFromEnvironment,
} from "mcp-gatehouse";
import { docsRedirectUri } from "./api-docs.ts";
import { listening } from "./listening.ts";
import { loadEnvFile, signInBy } from "./sign-in.ts";
import { createSearch, searchInput, searchOutput } from "./tavily.ts";
import { usersOf } from "./users-file.ts";
import { routes } from "./web-search-routes.ts";

// Web search as an MCP tool and as a REST route, under the same scope:
//   TAVILY_API_KEY=tvly-… npm run -s example -- web-search-server
// With the variables of a provider (gatehouse demo --help lists them), people sign in there; without them, here, with
// users.txt.

const SCOPES = { "search:read": "Search the web" };

try {
  await start();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  // What the operator can mend is one sentence, not a stack trace.
  console.error(error.message);
  process.exitCode = 1;
}

async function start(): Promise<void> {
  loadEnvFile();
  const { TAVILY_API_KEY, TAVILY_BASE_URL, TAVILY_TIMEOUT_SECONDS, DOCS_CLIENT_ID } = process.env;
  const host = process.env.HOST || "localhost";
  const port = Number(process.env.PORT || 3000);
  const origin = process.env.PUBLIC_URL || publicUrlFromEnvironment() || `http://localhost:${port}`;

  const search = createSearch({
    apiKey: TAVILY_API_KEY,
    baseUrl: TAVILY_BASE_URL,
    timeoutSeconds: TAVILY_TIMEOUT_SECONDS ? Number(TAVILY_TIMEOUT_SECONDS) : undefined,
    onFailure: (why) => console.error(`A search failed: ${JSON.stringify(why)}`),
  });

  const access = signInBy(usersOf(join(import.meta.dirname, "users.txt")));
  const docsClient = {
    id: "web-search-docs",
    name: "The page of the API",
    redirectUris: [docsRedirectUri(origin, "/docs")],
  };
  const server = createOAuthServer("Web search", access, {
    host,
    port,
    publicUrl: origin,
    clients: [docsClient],
    supportedScopes: SCOPES,
    // There is nothing here that needs less.
    requiredScopes: Object.keys(SCOPES),
  });
  server.registerTool(
    "web_search",
    {
      title: "Web search",
      description: "Search the web. Answers with title, URL and the passage that fits, best first.",
      inputSchema: searchInput,
      outputSchema: searchOutput,
      annotations: { readOnlyHint: true, openWorldHint: true },
      scopes: ["search:read"],
    },
    (input) => search(input),
  );
  // Opens the database, so that what is wrong with it is said now and not at the first request.
  await server.guard({ method: "GET", url: origin, headers: new Headers() });

  const docsClientId = typeof access === "function" ? docsClient.id : DOCS_CLIENT_ID;
  const { fetch } = routes({ server, search, scopes: SCOPES, docsClientId });
  await listen(serve({ fetch, hostname: host, port, overrideGlobalObjects: false }), server);
  console.log(`Web search: ${origin}/mcp for MCP clients, ${origin}/docs for the REST route`);
}

/** Until SIGTERM or SIGINT; what is under way then may finish. */
async function listen(listener: ServerType, server: OAuthServer): Promise<void> {
  await listening(listener);
  const stop = async () => {
    listener.close(() => process.exit(0));
    await server.close();
    // A search that still runs by then gets no answer.
    setTimeout(() => process.exit(0), 4000);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
}
