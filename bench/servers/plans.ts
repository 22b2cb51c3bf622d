import { randomUUID } from "node:crypto";
import type { Chain, Plan, RequestParts } from "../load/plan.ts";

/** The same plan for every connection. */
export function forEach(connections: number, plan: (connection: number) => Plan): readonly Plan[] {
  return Array.from({ length: connections }, (_, connection) => plan(connection));
}

/** Chains handed out to the connections in turn. */
export function refreshPlans(connections: number, path: string, chains: readonly Chain[]): readonly Plan[] {
  return forEach(connections, (connection) => ({
    kind: "refresh",
    path,
    chains: chains.filter((_, i) => i % connections === connection),
  }));
}

/** `tools/call` of a 2025-11-25 client without a session, or of a 2026-07-28 one. */
export type Era = "2025-11-25" | "2026-07-28";

export function echoPlan(era: Era, token: string): Plan {
  return { kind: "same", request: echoRequest(era, token) };
}

function echoRequest(era: Era, token: string): RequestParts {
  const modern = era === "2026-07-28";
  return {
    path: "/mcp",
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      "MCP-Protocol-Version": era,
      ...(modern && { "Mcp-Method": "tools/call", "Mcp-Name": "echo" }),
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name: "echo",
        arguments: { text: "hello" },
        ...(modern && { _meta: ENVELOPE }),
      },
    }),
  };
}

/** What a request of 2026-07-28 says about its sender. */
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** Registrations of a public client: each one new, or all of them one and the same. */
export function registrationPlan(path: string, which: "new" | "same"): Plan {
  const request: RequestParts = {
    path,
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({
      client_name: which === "same" ? "Bench" : `Bench ${randomUUID()} {n}`,
      redirect_uris: ["https://client.example/callback"],
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    }),
  };
  return { kind: which === "same" ? "same" : "numbered", request };
}
