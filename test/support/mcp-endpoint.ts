import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Auth } from "../../src/core/auth.ts";
import type { Upstreams } from "../../src/core/upstream.ts";
import { createMcpEndpoint, type McpEndpoint } from "../../src/mcp/endpoint.ts";
import type { KeepAlive } from "../../src/mcp/messages/keep-alive.ts";
import type { McpFactory } from "../../src/mcp/servers/servers.ts";
import type { Registration } from "../../src/mcp/tools/registration.ts";
import { createRegistrations, type Registrations } from "../../src/mcp/tools/registrations.ts";
import { type Log, silentLog } from "../../src/platform/logging.ts";
import { createGuard } from "../../src/resource-server/guard.ts";

export const RESOURCE = "https://mcp.example/mcp";
export const RESOURCE_METADATA = "https://mcp.example/.well-known/oauth-protected-resource/mcp";

type Rig = {
  readonly endpoint: McpEndpoint;
  readonly registrations: Registrations;
  /** A token that the guard takes for this authorization. */
  tokenFor(auth?: Partial<Auth>): string;
  /** The same, revoked. */
  revoke(grantId: string): void;
  /** A person changed: the tokens that are about them let no one in any more, or somebody else. */
  changePerson(personId: string, to?: string): void;
  /** What tokens are verified by changed: those of this client let no one in any more. */
  disableClient(clientId: string): void;
  /** The store can't be reached, and nobody knows any more what is revoked. */
  loseStore(): void;
  /** Posts a message (or a batch, or a text that is no JSON) of a 2025-era client. */
  post(
    token: string,
    message: unknown,
    headers?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Response>;
  /** Posts a request of 2026-07-28, with its envelope and its headers. */
  postModern(
    token: string,
    message: ModernMessage,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  send(
    token: string,
    method: "GET" | "DELETE",
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  advance(milliseconds: number): void;
  /** A real listener before the same endpoint. */
  listen(): Promise<{ readonly url: URL; close(): Promise<void> }>;
};

export type ModernMessage = {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** What the client can do. */
  readonly capabilities?: Readonly<Record<string, unknown>>;
};

/** The MCP endpoint behind a real guard, whose tokens are entries in a table. */
export function startEndpoint({
  sessions = false,
  debug = false,
  factory,
  implies = new Map(),
  log = silentLog,
  keepAlive,
  withoutFrontDoor = false,
  upstreams,
  verifying = async () => {},
}: {
  readonly sessions?: boolean;
  readonly debug?: boolean;
  readonly factory?: McpFactory;
  readonly implies?: ReadonlyMap<string, readonly string[]>;
  readonly log?: Log;
  readonly keepAlive?: KeepAlive;
  /** The endpoint reads no scopes out of the message, as if it understood it differently from the SDK. */
  readonly withoutFrontDoor?: boolean;
  /** What the callers have at other services. */
  readonly upstreams?: Upstreams | undefined;
  /** What verifying a token waits for. */
  readonly verifying?: (auth: Auth) => Promise<void>;
} = {}): Rig {
  const tokens = new Map<string, Auth>();
  let skew = 0;
  let isStoreThere = true;
  const clock = () => Date.now() + skew;
  const registrations = createRegistrations();
  const guard = createGuard({
    resourceMetadata: RESOURCE_METADATA,
    requiredScopes: ["mcp"],
    implies,
    holdsRevocationLease: () => isStoreThere,
    verify: async (token) => {
      if (!isStoreThere) throw new Error("The store can't be reached.");
      const auth = tokens.get(token);
      if (auth) await verifying(auth);
      return auth ? { kind: "verified", auth } : { kind: "refused", why: "unknown" };
    },
    cachedTokens: 100,
    clock,
    log,
  });
  const endpoint = createMcpEndpoint({
    identity: { name: "test-server", version: "1.2.3" },
    registrations: factory ?? (withoutFrontDoor ? withoutScopes(registrations) : registrations),
    guard,
    resource: RESOURCE,
    requiredScopes: ["mcp"],
    sessions,
    debug,
    clock,
    log,
    ...(keepAlive && { keepAlive }),
    upstreams,
  });
  return {
    endpoint,
    registrations,
    tokenFor(auth = {}) {
      const token = `token-${tokens.size + 1}`;
      const now = Math.floor(clock() / 1000);
      tokens.set(token, {
        person: { id: "ada", name: "Ada" },
        organization: null,
        client: { id: "client-1", name: "A client" },
        scopes: ["mcp"],
        issuer: "https://mcp.example",
        audience: RESOURCE,
        issuedAt: now,
        expiresAt: now + 600,
        tokenId: token,
        grantId: `grant-of-${token}`,
        claims: {},
        token,
        ...auth,
      });
      return token;
    },
    revoke(grantId) {
      for (const [token, auth] of tokens) if (auth.grantId === grantId) tokens.delete(token);
      guard.invalidate(grantId);
      endpoint.grantRevoked(grantId);
    },
    changePerson(personId, to) {
      for (const [token, auth] of tokens) {
        if (auth.person.id !== personId) continue;
        if (to === undefined) tokens.delete(token);
        else tokens.set(token, { ...auth, person: { id: to } });
      }
      guard.invalidatePerson(personId);
      endpoint.personChanged(personId);
    },
    disableClient(clientId) {
      for (const [token, auth] of tokens) if (auth.client.id === clientId) tokens.delete(token);
      guard.invalidateAll();
      endpoint.verifyAgain();
    },
    loseStore() {
      isStoreThere = false;
      endpoint.revocationLeaseLapsed();
    },
    post: (token, message, headers, signal) =>
      endpoint.fetch(
        new Request(RESOURCE, {
          method: "POST",
          headers: {
            authorization: `Bearer ${token}`,
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            ...headers,
          },
          body: typeof message === "string" ? message : JSON.stringify(message),
          ...(signal && { signal }),
        }),
      ),
    postModern: (token, { method, params, capabilities = {} }, headers) =>
      endpoint.fetch(
        new Request(RESOURCE, {
          method: "POST",
          headers: {
            authorization: `Bearer ${token}`,
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": method,
            ...mcpName(params),
            ...headers,
          },
          body: JSON.stringify({
            jsonrpc: "2.0",
            id: 1,
            method,
            params: { ...params, _meta: envelope(capabilities) },
          }),
        }),
      ),
    send: (token, method, headers) =>
      endpoint.fetch(
        new Request(RESOURCE, {
          method,
          headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", ...headers },
        }),
      ),
    advance(milliseconds) {
      skew += milliseconds;
    },
    async listen() {
      const server = serve({ fetch: endpoint.fetch, hostname: "127.0.0.1", port: 0 });
      await once(server, "listening");
      return {
        url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
        async close() {
          await endpoint.close();
          if ("closeAllConnections" in server) server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        },
      };
    },
  };
}

/** The same registrations, found without their scopes. */
function withoutScopes(registrations: Registrations): Registrations {
  const bare = (found: Registration | undefined) => found && { ...found, scopes: [] };
  return {
    ...registrations,
    tool: (name) => bare(registrations.tool(name)),
    prompt: (name) => bare(registrations.prompt(name)),
    resource: (uri) => bare(registrations.resource(uri)),
    template: (uriTemplate) => bare(registrations.template(uriTemplate)),
  };
}

/** A message of the 2025 revisions. */
export function call(name: string, given: Readonly<Record<string, unknown>> = {}, id: number | string = 1) {
  return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: given } };
}

export const INITIALIZE = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

/** The JSON-RPC messages of an answer, whether it came as JSON or as a stream. */
export async function messagesOf(response: Response): Promise<readonly JsonRpc[]> {
  const body = await response.text();
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return [JSON.parse(body)];
  return [...body.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
}

export type JsonRpc = {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>> & {
    readonly content?: readonly { readonly text: string }[];
    readonly isError?: boolean;
  };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

/** The text of a tool's answer. */
export async function textOf(response: Response): Promise<string | undefined> {
  return (await messagesOf(response)).at(-1)?.result?.content?.[0]?.text;
}

const envelope = (capabilities: Readonly<Record<string, unknown>>) => ({
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": capabilities,
});

function mcpName(params: ModernMessage["params"]): Readonly<Record<string, string>> {
  const name = params?.name ?? params?.uri;
  return typeof name === "string" ? { "mcp-name": name } : {};
}
