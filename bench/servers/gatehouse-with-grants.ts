import { join } from "node:path";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import { mintRefreshToken } from "../../src/authorization-server/tokens/tokens.ts";
import { parseOptions } from "../../src/config/options.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { listen } from "../../src/platform/listener.ts";
import { createLog, silentLog } from "../../src/platform/logging.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { openServer } from "../../src/server/open-embedded-server.ts";
import { startJanitor } from "../../src/store/janitor.ts";
import type { Prepared } from "../comparison.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { benchRegistrations, CHECK_USER, IDENTITY, OPTIONS } from "./gatehouse-parts.ts";
import { refreshPlans } from "./plans.ts";
import { makeGrants, SQL_CLIENT_ID, someGrants } from "./sql-grants.ts";

// The server on a table that SQL filled.

export type GrantsOptions = {
  readonly count: number;
  /** Each connection refreshes a grant of its own, or goes through grants from all over the table. */
  readonly used: "own" | "any";
  /** Postgres; without it a file of its own. */
  readonly database?: string;
  /** Grants that have ended, and that the janitor deletes during each round. */
  readonly expired?: number;
};

const {
  directory,
  count,
  used,
  expired = 0,
  ...given
} = readOptions<GrantsOptions & { readonly directory: string }>();
const database = given.database ?? join(directory, `${count}-${used}-${expired}.db`);
const settings = parseOptions("Bench", { ...OPTIONS, database });
const { resource } = settings;
await makeGrants(database, { count, resource });
if (expired > 0) await makeGrants(database, { count: expired, resource, expired: true });
const {
  fetch,
  database: { store },
} = await openServer({
  settings,
  methods: [password(CHECK_USER)],
  admit: async () => "admitted",
  registrations: benchRegistrations(),
  factory: undefined,
  identity: IDENTITY,
  log: createLog({ level: "info", pretty: false }),
});
const { port } = await listen({ ...settings, fetch });
const minter = { keyring: createKeyring([OPTIONS.secret]), issuer: settings.issuer };

/** More than a round refreshes, where the table has them: each is refreshed once, and lies somewhere else. */
const ANY = 50_000;
let picked: Promise<readonly string[]> | undefined;
let stopJanitor = async () => {};

answerQuestions({
  async prepare(connections: number): Promise<Prepared> {
    picked ??= someGrants(database, used === "own" ? connections : ANY);
    const chains = [];
    for (const id of await picked) {
      const generation = (await store.findGrant(id))?.generation ?? 1;
      chains.push({
        fields: { client_id: SQL_CLIENT_ID },
        refreshToken: mintRefreshToken(id, generation, minter),
      });
    }
    if (expired > 0) {
      stopJanitor = startJanitor({
        store,
        clock: systemClock,
        log: silentLog,
        everySeconds: 0,
        auditRetentionDays: 400,
      });
    }
    return { ports: [port], plans: refreshPlans(connections, "/oauth/token", chains) };
  },
  rest: () => stopJanitor(),
});
