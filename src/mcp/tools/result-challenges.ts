import { CLIENT_INFO_META_KEY } from "@modelcontextprotocol/server";
import { randomId } from "../../platform/random.ts";
import { membersOf, readMessage } from "../messages/json-rpc.ts";
import type { Registration } from "./registration.ts";

/** Which clients are asked to sign in by the result of a tool, because they overlook the status of an answer. */
export type ResultChallenges = {
  /** Whether the sender of a single message is one, by the name that it gives itself, or gave at its handshake. */
  wantedBy(request: Request, body: unknown): boolean;
  /**
   * The session id to answer a handshake of 2025 with; undefined where the client is none of them. Later messages of that era
   * say no name. The id tells any instance what the client reads, and nothing is kept of it.
   */
  sessionIdFor(body: unknown): string | undefined;
};

/** ChatGPT, by what it has called itself. */
const BUILT_IN = ["openai-mcp", "openai-mcp (ChatGPT)"];

const SESSION_ID_PREFIX = "challenges-in-results.";

/** @param names the `clientInfo.name` of others */
export function createResultChallenges(names: readonly string[]): ResultChallenges {
  const known = new Set<unknown>([...BUILT_IN, ...names]);
  const isKnown = (clientInfo: unknown) => known.has(membersOf(clientInfo).name);
  return {
    wantedBy(request, body) {
      const { _meta } = membersOf(readMessage(body).params);
      return isKnown(membersOf(_meta)[CLIENT_INFO_META_KEY]) || namesNoSession(request);
    },
    sessionIdFor(body) {
      const { method, params } = readMessage(body);
      const isOne = method === "initialize" && isKnown(membersOf(params).clientInfo);
      return isOne ? `${SESSION_ID_PREFIX}${randomId()}` : undefined;
    },
  };
}

/** Whether the session id is one that says what its client reads, and names no session. */
export function namesNoSession({ headers }: Request): boolean {
  return headers.get("mcp-session-id")?.startsWith(SESSION_ID_PREFIX) === true;
}

/**
 * Stands in for a tool that may not be called, and answers with the challenge. The tool itself is not reached: neither its
 * handler nor its schemas.
 */
export function challengingTool(name: string, text: string, challenge: string): Registration {
  return {
    kind: "tool",
    name,
    scopes: [],
    isPublic: true,
    apply(server) {
      server.registerTool(name, {}, () => ({
        content: [{ type: "text", text }],
        isError: true,
        _meta: { "mcp/www_authenticate": [challenge] },
      }));
    },
  };
}
