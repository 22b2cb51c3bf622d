import { createHash, timingSafeEqual } from "node:crypto";
import type { ProviderOptions } from "../config/provider-options.ts";
import type { CheckUser } from "../config/settings.ts";
import { systemClock } from "../platform/clock.ts";
import { type Assembly, type CreateOptions, embeddedServer, protectedServer } from "../server/assembly.ts";
import { createServer, type OAuthServer } from "../server/oauth-server.ts";
import type { EmbeddedServer } from "../server/open-embedded-server.ts";
import type { OpenServer } from "../server/open-server.ts";
import { openStore } from "../store/open-store.ts";
import { DEMO_SCOPES, registerDemoTools } from "./tools.ts";

/** The one person of the demonstration. Not a secret: it is printed at the start. */
export const DEMO_PERSON = { username: "demo", password: "demo123" } as const;

const NAME = "Gatehouse demo";

/**
 * The demonstration: a few tools, and to-do lists in the server's own database.
 * @param provider who says who people are; without one, the demonstration has one person of its own.
 */
export function createDemoServer(options: CreateOptions, provider?: ProviderOptions): OAuthServer {
  const server = createServer(provider ? behindProvider(provider, options) : withOwnPerson(options));
  registerDemoTools(server, async () => (await server.opened()).store.todos, systemClock);
  return server;
}

/** What the tools need of the server that they are in. */
type Opened = OpenServer & Pick<EmbeddedServer, "store">;

function withOwnPerson(options: CreateOptions): Assembly<Opened> {
  return embeddedServer(NAME, checkDemoPerson, {
    supportedScopes: DEMO_SCOPES,
    requiredScopes: ["mcp"],
    ...options,
  });
}

/** A protected server keeps nothing; the to-do lists need a place all the same. */
function behindProvider(provider: ProviderOptions, options: CreateOptions): Assembly<Opened> {
  const assembly = protectedServer(NAME, { authorization: provider }, options);
  return {
    ...assembly,
    async open(parts) {
      const store = await openStore({ ...parts.settings, log: parts.log });
      const opened = new AsyncDisposableStack();
      opened.defer(store.close);
      try {
        const server = await assembly.open(parts);
        opened.defer(server.close);
        return { ...server, store, close: () => opened.disposeAsync() };
      } catch (cause) {
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
