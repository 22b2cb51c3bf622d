import { createServer, type RequestListener } from "node:http";
import {
  type CheckUser,
  ConfigurationError,
  createOAuthServer,
  type OAuthServer,
  publicUrlFromEnvironment,
} from "mcp-gatehouse";
import { z } from "zod";
import { docsRedirectUri, serveApiDocs } from "./api-docs.ts";
import { listening } from "./listening.ts";
import { loadEnvFile, signInBy } from "./sign-in.ts";
import { newTodo, TODO_SCOPES, type TodoParts, todoApi, unknownTodo } from "./todo-api.ts";
import { openTodoLists, type TodoLists } from "./todo-lists.ts";
import { onExpress } from "./todo-on-express.ts";
import { onHono } from "./todo-on-hono.ts";

// A to-do list as MCP tools and as REST routes, under the same scopes:
//   npm run -s example -- todo-server express      (or hono)
// With the variables of a provider (gatehouse demo --help lists them), people sign in there; without them, here.

const FRAMEWORKS: Readonly<Record<string, (parts: TodoParts) => RequestListener>> = {
  express: onExpress,
  hono: onHono,
};

loadEnvFile();
const { PORT = "3000", HOST = "localhost", TODO_DATABASE = "./todos.db", DOCS_CLIENT_ID } = process.env;
const framework = process.argv[2] ?? process.env.FRAMEWORK ?? "hono";
const origin = process.env.PUBLIC_URL ?? publicUrlFromEnvironment() ?? `http://localhost:${PORT}`;

/** Your own users, where there is no provider. */
const checkUser: CheckUser = (username, password) =>
  (username === "ada" && password === "lovelace") || (username === "grace" && password === "hopper")
    ? username
    : null;

try {
  const listenerOf = FRAMEWORKS[framework];
  if (!listenerOf)
    throw new ConfigurationError(`The framework ${framework} is unknown. Say express or hono.`);
  const access = signInBy(checkUser);
  const server = createOAuthServer("To-dos", access, {
    publicUrl: origin,
    supportedScopes: TODO_SCOPES,
    clients: [{ id: "todo-docs", name: "The API's page", redirectUris: [docsRedirectUri(origin, "/docs")] }],
  });
  const lists = openTodoLists(TODO_DATABASE);
  registerTools(server, lists);
  const parts = { server, lists, rest: restOf(server, access === checkUser ? "todo-docs" : DOCS_CLIENT_ID) };
  const listener = createServer(listenerOf(parts)).listen(Number(PORT), HOST);
  await listening(listener);
  console.log(`To-dos on ${framework}: ${origin}/mcp for MCP clients, ${origin}/docs for the REST routes`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      listener.close().closeIdleConnections();
      await server.close();
      lists.close();
    });
  }
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function registerTools(server: OAuthServer, lists: TodoLists): void {
  server.registerTool(
    "list_todos",
    { description: "Your to-do list, with the id of each entry.", scopes: ["todo:read"] },
    ({ auth }) => result({ todos: lists.list(auth) }),
  );
  server.registerTool(
    "create_todo",
    { description: "Add an entry to your to-do list.", inputSchema: newTodo, scopes: ["todo:write"] },
    ({ title }, { auth }) => result({ ...lists.add(auth, title) }),
  );
  server.registerTool(
    "delete_todo",
    {
      description: "Delete an entry of your to-do list, by its id.",
      inputSchema: z.object({ id: z.string() }),
      scopes: ["todo:delete"],
    },
    ({ id }, { auth }) =>
      lists.delete(auth, id) ? result({ deleted: id }) : { ...result(unknownTodo(id)), isError: true },
  );
}

/** Structured content, and the same as text for clients that read only that. */
function result(value: Record<string, unknown>) {
  return { structuredContent: value, content: [{ type: "text" as const, text: JSON.stringify(value) }] };
}

function restOf(server: OAuthServer, clientId: string | undefined): OAuthServer["fetch"] {
  const docs = serveApiDocs({
    title: "To-dos",
    path: "/docs",
    document: "/openapi.json",
    clientId,
    scopes: Object.keys(TODO_SCOPES),
  });
  return async (request, connection) => {
    const { pathname } = new URL(request.url);
    return pathname === "/openapi.json"
      ? apiOf(server)
      : (docs(pathname) ?? server.fetch(request, connection));
  };
}

/** The description of the routes, with the endpoints of the authorization server that is used, whichever it is. */
async function apiOf(server: OAuthServer): Promise<Response> {
  const here = await server.fetch(new Request(`${origin}/.well-known/oauth-authorization-server`));
  const provider = here.headers.get("location");
  const metadata = provider === null ? here : await fetch(provider);
  // The provider is down, and no one could sign in anyway.
  if (!metadata.ok) return new Response(metadata.body, { status: 503, headers: { "Retry-After": "5" } });
  const { authorization_endpoint: authorizationUrl, token_endpoint: tokenUrl } =
    (await metadata.json()) as Readonly<Record<string, string>>;
  return Response.json(todoApi(origin, { authorizationUrl, tokenUrl }));
}
