import { join } from "node:path";
import { mintRefreshToken } from "../../src/authorization-server/tokens.ts";
import { parseOptions } from "../../src/config/options.ts";
import { openServer } from "../../src/mcp/open-server.ts";
import { createKeyring } from "../../src/platform/keyring.ts";
import { listen } from "../../src/platform/listener.ts";
import { createLog } from "../../src/platform/logging.ts";
import type { Prepared } from "../comparison.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { benchRegistrations, CHECK_USER, IDENTITY, OPTIONS } from "./gatehouse-parts.ts";
import { refreshPlans } from "./plans.ts";
import { makeDatabaseWithGrants, SQL_CLIENT_ID, someGrants } from "./sql-grants.ts";

// The server on a table that SQL filled.

export type GrantsOptions = {
  readonly count: number;
  /** Each connection refreshes a grant of its own, or goes through grants from all over the table. */
  readonly used: "own" | "any";
};

const { directory, count, used } = readOptions<GrantsOptions & { readonly directory: string }>();
const database = join(directory, `${count}-${used}.db`);
const settings = parseOptions("Bench", { ...OPTIONS, database });
await makeDatabaseWithGrants(database, count, settings.resource);
const server = await openServer({
  settings,
  checkUser: CHECK_USER,
  registrations: benchRegistrations(),
  factory: undefined,
  identity: IDENTITY,
  log: createLog({ level: "info", pretty: false }),
});
const { port } = await listen({ ...settings, fetch: server.fetch });
const minter = { keyring: createKeyring([OPTIONS.secret]), issuer: settings.issuer };

/** More than a round refreshes, where the table has them: each is refreshed once, and lies somewhere else. */
const ANY = 50_000;

answerQuestions({
  async prepare(connections: number): Promise<Prepared> {
    const chains = [];
    for (const id of someGrants(database, used === "own" ? connections : ANY)) {
      const generation = (await server.store.findGrant(id))?.generation ?? 1;
      chains.push({
        fields: { client_id: SQL_CLIENT_ID },
        refreshToken: mintRefreshToken(id, generation, minter),
      });
    }
    return { ports: [port], plans: refreshPlans(connections, "/oauth/token", chains) };
  },
});
