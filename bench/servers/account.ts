import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import { parseAdmit } from "../../src/config/admit.ts";
import { parseOptions } from "../../src/config/options.ts";
import { createLog } from "../../src/platform/logging.ts";
import { openServer } from "../../src/server/open-embedded-server.ts";
import type { Store } from "../../src/store/store.ts";
import { signInToAccount } from "../../test/support/account.ts";
import { openBrowser } from "../../test/support/person.ts";
import { sampleApproval, sampleClient, sampleEntry } from "../../test/support/store/samples.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { benchRegistrations, CHECK_USER, IDENTITY, OPTIONS } from "./gatehouse-parts.ts";

// The pages of a person with many connections, in this process: no socket is in the way.

export type AccountOptions = {
  /** How many apps the person connected, each another client's. */
  readonly connections: number;
  /** Postgres; without it a file of its own. */
  readonly database?: string;
};

/** The milliseconds of each request, by its path. */
export type AccountTimes = Readonly<Record<string, readonly number[]>>;

const PATHS = ["/account", "/account/apps", "/account/timeline"];
const EACH = 20;
const HOUR_MS = 60 * 60 * 1000;

const { directory, connections, ...given } = readOptions<AccountOptions & { readonly directory: string }>();
const settings = parseOptions("Bench", {
  ...OPTIONS,
  database: given.database ?? join(directory, `account-${connections}.db`),
});
const server = await openServer({
  settings,
  methods: [password(CHECK_USER)],
  admission: parseAdmit(undefined, []),
  registrations: benchRegistrations(),
  factory: undefined,
  identity: IDENTITY,
  log: createLog({ level: "info", pretty: false }),
});
const browser = openBrowser(server);
await signInToAccount(browser);
await connect(server.database.store);

answerQuestions({ round });

async function round(): Promise<AccountTimes> {
  const times: Record<string, number[]> = {};
  for (let i = 0; i < EACH; i += 1) {
    for (const path of PATHS) {
      const startedAt = performance.now();
      const answer = await browser.request(path);
      await answer.text();
      const took = performance.now() - startedAt;
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
      const all = times[path] ?? [];
      all.push(took);
      times[path] = all;
    }
  }
  return times;
}

async function connect(store: Store): Promise<void> {
  for (let made = 0; made < connections; made += 100) {
    await Promise.all(Array.from({ length: Math.min(100, connections - made) }, () => connectOne(store)));
  }
}

/** A grant as a client leaves it that is in use, with its entries. */
async function connectOne(store: Store): Promise<void> {
  const [id, client] = [
    randomBytes(16).toString("base64url"),
    `dcr_${randomBytes(16).toString("base64url")}`,
  ];
  const now = Date.now();
  const person = { id: "ada" };
  const fields = { grant: id, client, person: person.id };
  await store.addClient(sampleClient({ id: client }), "unaudited");
  const approval = sampleApproval({
    id,
    clientId: client,
    person,
    scopes: ["mcp"],
    createdAt: now,
    signedInAt: now,
    codeExpiresAt: now + HOUR_MS,
    refreshExpiresAt: now + HOUR_MS,
    endsAt: now + 24 * HOUR_MS,
  });
  await store.approve(approval, sampleEntry("consent.approved", { at: now, fields }));
  await store.redeemCode(id, now + 24 * HOUR_MS, now, sampleEntry("code.redeemed", { at: now, fields }));
}
