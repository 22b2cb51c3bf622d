import { join } from "node:path";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import { parseAdmit } from "../../src/config/admit.ts";
import { parseOptions } from "../../src/config/options.ts";
import { listen } from "../../src/platform/listener.ts";
import { createLog } from "../../src/platform/logging.ts";
import { openServer } from "../../src/server/open-embedded-server.ts";
import { connect } from "../../test/support/client.ts";
import type { Prepared } from "../comparison.ts";
import type { Chain, Plan } from "../load/plan.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { benchRegistrations, CHECK_USER, IDENTITY, OPTIONS } from "./gatehouse-parts.ts";
import { type Era, echoPlan, forEach, refreshPlans, registrationPlan } from "./plans.ts";

// The server as it is run: its database in a file, its log lines written.

export type GatehouseOptions = {
  readonly directory: string;
  /** Postgres; without it a file of its own. */
  readonly database?: string;
  readonly databaseConnections?: number;
  readonly askToSignIn?: "connect" | "call";
  /** How many there are. */
  readonly publicTools?: number;
  /** How many there are that nobody calls. */
  readonly otherTools?: number;
  readonly load: GatehouseLoad;
};
export type GatehouseLoad =
  | { readonly kind: "refresh" }
  | { readonly kind: "echo"; readonly era: Era }
  | { readonly kind: "register"; readonly which: "new" | "same" }
  /** Some connections do the one, some the other: refreshes, calls of both eras, registrations. */
  | { readonly kind: "mixed" };

const { directory, load, ...given } = readOptions<GatehouseOptions>();
const settings = parseOptions("Bench", {
  ...OPTIONS,
  database: given.database ?? join(directory, `${load.kind}-${process.pid}.db`),
  databaseConnections: given.databaseConnections,
  askToSignIn: given.askToSignIn,
});
const server = await openServer({
  settings,
  methods: [password(CHECK_USER)],
  admission: parseAdmit(undefined, []),
  registrations: benchRegistrations(given),
  factory: undefined,
  identity: IDENTITY,
  log: createLog({ level: "info", pretty: false }),
  // The ceiling is there to be hit. What is below it is measured.
  newRegistrationsPerMinute: Number.MAX_SAFE_INTEGER,
  unapprovedClients: Number.MAX_SAFE_INTEGER,
});
const { port } = await listen({ ...settings, fetch: server.fetch });

answerQuestions({
  prepare: async (connections: number): Promise<Prepared> => ({
    ports: [port],
    plans: await plansFor(connections, load),
  }),
});

const MIXED: readonly GatehouseLoad[] = [
  { kind: "refresh" },
  { kind: "echo", era: "2025-11-25" },
  { kind: "echo", era: "2026-07-28" },
  { kind: "register", which: "new" },
];

async function plansFor(connections: number, load: GatehouseLoad): Promise<readonly Plan[]> {
  switch (load.kind) {
    case "refresh":
      return refreshPlans(connections, "/oauth/token", await newChains(connections));
    case "echo": {
      const { access_token: token } = await connect(server);
      return forEach(connections, () => echoPlan(load.era, token));
    }
    case "register":
      return forEach(connections, () => registrationPlan("/oauth/register", load.which));
    case "mixed": {
      const each = MIXED.map((kind) => plansFor(connections / MIXED.length, kind));
      return (await Promise.all(each)).flat();
    }
  }
}

/** Grants made as they always are: register, authorize, sign in, approve, redeem. */
async function newChains(count: number): Promise<readonly Chain[]> {
  const chains: Chain[] = [];
  for (let i = 0; i < count; i += 1) {
    const { clientId, refresh_token: refreshToken } = await connect(server);
    chains.push({ fields: { client_id: clientId }, refreshToken });
  }
  return chains;
}
