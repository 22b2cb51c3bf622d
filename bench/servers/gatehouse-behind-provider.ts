import { parseOptions } from "../../src/config/options.ts";
import { parseProviders } from "../../src/config/provider-options.ts";
import { listen } from "../../src/platform/listener.ts";
import { createLog } from "../../src/platform/logging.ts";
import { openProtectedServer } from "../../src/server/open-protected-server.ts";
import { startIssuer } from "../../test/support/issuer.ts";
import type { Prepared } from "../comparison.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { benchRegistrations, IDENTITY, OPTIONS } from "./gatehouse-parts.ts";
import { type Era, echoPlan, forEach } from "./plans.ts";

// The server of gatehouse.ts in front of a provider, which is asked for its keys once and has nothing to do after that.

const { era } = readOptions<{ readonly era: Era }>();
const settings = parseOptions("Bench", { ...OPTIONS, requiredScopes: ["mcp"], database: ":memory:" });
const issuer = await startIssuer();
const provider = { issuer: issuer.url, audience: settings.resource };
const server = await openProtectedServer({
  settings,
  providers: parseProviders(provider, settings.resource),
  authorizationServerMetadata: "redirect",
  registrations: benchRegistrations(),
  factory: undefined,
  identity: IDENTITY,
  log: createLog({ level: "info", pretty: false }),
});
const { port } = await listen({ ...settings, fetch: server.fetch });

answerQuestions({
  async prepare(connections: number): Promise<Prepared> {
    const token = await issuer.mint({ aud: settings.resource });
    return { ports: [port], plans: forEach(connections, () => echoPlan(era, token)) };
  },
});
