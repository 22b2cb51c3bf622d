import { parseOptions } from "../../src/config/options.ts";
import type { Auth } from "../../src/core/auth.ts";
import { createMcpEndpoint } from "../../src/mcp/endpoint.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { listen } from "../../src/platform/listener.ts";
import { createLog } from "../../src/platform/logging.ts";
import { notInstrumented } from "../../src/platform/telemetry/instrument.ts";
import type { Guard } from "../../src/resource-server/guard.ts";
import { createApp } from "../../src/server/app.ts";
import { mcpRoutes } from "../../src/server/mcp-routes.ts";
import type { Prepared } from "../comparison.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { benchRegistrations, IDENTITY, OPTIONS } from "./gatehouse-parts.ts";
import { type Era, echoPlan, forEach } from "./plans.ts";

// The MCP endpoint of gatehouse.ts behind a gate that lets everybody in without looking.

const TOKEN_LENGTH = 560;

const { era } = readOptions<{ readonly era: Era }>();
const settings = parseOptions("Bench", { ...OPTIONS, database: ":memory:" });
const log = createLog({ level: "info", pretty: false });

const everybody: Auth = {
  person: { id: "ada", name: "Ada Lovelace" },
  client: { id: "bench", name: "Bench" },
  scopes: ["mcp"],
  issuer: settings.issuer,
  audience: settings.resource,
  issuedAt: 0,
  expiresAt: Math.floor(Date.now() / 1000) + settings.accessTokenSeconds,
  tokenId: "everybody",
  grantId: "everybody",
  claims: {},
  token: "everybody",
};
const openGate: Guard = Object.assign(async () => everybody, {
  identify: async () => everybody,
  requireScopes: () => undefined,
  hasScopes: () => true,
  invalidate() {},
  invalidatePerson() {},
  invalidateAll() {},
  isOutdated: () => false,
});

const endpoint = createMcpEndpoint({
  registrations: benchRegistrations(),
  identity: IDENTITY,
  guard: openGate,
  resource: settings.resource,
  requiredScopes: settings.catalogue.required,
  sessions: settings.sessions,
  debug: settings.debug,
  clock: systemClock,
  log,
});
const routes = mcpRoutes({ ...settings, endpoint });
const fetch = createApp({ ...settings, routes, instrument: notInstrumented, log });
const { port } = await listen({ ...settings, fetch });

answerQuestions({
  // The same bytes on the wire: a token of the length that ours have.
  prepare: (connections: number): Prepared => ({
    ports: [port],
    plans: forEach(connections, () => echoPlan(era, "x".repeat(TOKEN_LENGTH))),
  }),
});
