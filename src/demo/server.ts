import { createHash, timingSafeEqual } from "node:crypto";
import type { CheckUser } from "../config/settings.ts";
import { systemClock } from "../platform/clock.ts";
import {
  type Assembly,
  type Authorization,
  type CreateOptions,
  embeddedServer,
  protectedServer,
  type SignIn,
} from "../server/assembly.ts";
import { createServer, type OAuthServer } from "../server/oauth-server.ts";
import type { OpenServer } from "../server/open-server.ts";
import { openTodos, type Todos, todosFileOf } from "./todos.ts";
import { DEMO_SCOPES, registerDemoTools } from "./tools.ts";

/** The one person of the demonstration. Not a secret: it is printed at the start. */
export const DEMO_PERSON = { username: "demo", password: "demo123" } as const;

const NAME = "Gatehouse demo";

/**
 * The demonstration: a few tools, and to-do lists in a file beside the server's database.
 * @param access how people sign in, or the provider whose tokens say who they are; without either, the demonstration has one person
 * of its own.
 */
export function createDemoServer(options: CreateOptions, access?: SignIn | Authorization): OAuthServer {
  const assembly =
    access && "authorization" in access
      ? protectedServer(NAME, access, options)
      : embeddedServer(NAME, access ?? checkDemoPerson, {
          supportedScopes: DEMO_SCOPES,
          requiredScopes: ["mcp"],
          ...options,
        });
  const server = createServer(withTodos(assembly));
  registerDemoTools(server, async () => (await server.opened()).todos, systemClock);
  return server;
}

/** The same server, with to-do lists that are opened after it and closed before it. */
function withTodos(assembly: Assembly<OpenServer>): Assembly<OpenServer & { readonly todos: Todos }> {
  return {
    ...assembly,
    async open(parts) {
      const server = await assembly.open(parts);
      const opened = new AsyncDisposableStack();
      opened.defer(server.close);
      try {
        const todos = openTodos(todosFileOf(parts.settings.database));
        opened.defer(todos.close);
        return { ...server, todos, close: () => opened.disposeAsync() };
      } catch (cause) {
        await server.drain();
        await opened.disposeAsync();
        throw cause;
      }
    },
  };
}

const checkDemoPerson: CheckUser = (username, password) =>
  equal(username, DEMO_PERSON.username) && equal(password, DEMO_PERSON.password)
    ? { id: "demo", name: "Demo Person", email: "demo@example.com" }
    : null;

/** In the same time wherever the two differ. */
function equal(given: string, right: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(right));
}
