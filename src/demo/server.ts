import { createHash, timingSafeEqual } from "node:crypto";
import type { CheckUser } from "../config/settings.ts";
import {
  assembleServer,
  type CreateOptions,
  embeddedServer,
  type OAuthServer,
} from "../mcp/create-oauth-server.ts";
import { systemClock } from "../platform/clock.ts";
import { DEMO_SCOPES, registerDemoTools } from "./tools.ts";

/** The one person of the demonstration. Not a secret: it is printed at the start. */
export const DEMO_PERSON = { username: "demo", password: "demo123" } as const;

/** The demonstration: one person, a few tools, a to-do list in the server's own database. */
export function createDemoServer(options: CreateOptions): OAuthServer {
  const server = assembleServer(
    embeddedServer("Gatehouse demo", checkDemoPerson, {
      supportedScopes: DEMO_SCOPES,
      requiredScopes: ["mcp"],
      ...options,
    }),
  );
  registerDemoTools(server, async () => (await server.opened()).store.todos, systemClock);
  return server;
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
