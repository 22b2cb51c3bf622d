import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseOptions } from "../../src/config/options.ts";
import { openSqliteStore } from "../../src/store/sqlite/open.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { OPTIONS } from "./gatehouse-parts.ts";
import { makeGrants, SQL_CLIENT_ID, someGrants } from "./sql-grants.ts";

// Rotates refresh tokens in this process: no socket and no signature is in the way of the disk.

/** Rotations that were durable, each second. */
export type CommitRates = { readonly shared: number; readonly oneByOne: number };

const GRANTS = 1000;
const ROTATIONS = 8192;
const REFRESH_MS = 30 * 24 * 60 * 60 * 1000;

const { directory, connections } = readOptions<{
  readonly directory: string;
  readonly connections: number;
}>();
const files = { shared: join(directory, "shared.db"), oneByOne: join(directory, "one-by-one.db") };
const { resource } = parseOptions("Bench", OPTIONS);
for (const file of Object.values(files)) await makeGrants(file, { count: GRANTS, resource });

const { store } = await openSqliteStore({ database: files.shared });
const shared = await someGrants(files.shared, GRANTS);
const generations = new Map<string, number>();

const database = new DatabaseSync(files.oneByOne);
database.exec("PRAGMA synchronous = FULL");
const alone = await someGrants(files.oneByOne, GRANTS);
// What the store's statement changes, on its own: SQLite commits it before it returns.
const rotate = database.prepare(
  `UPDATE grants SET generation = generation + 1, rotated_at = ?, refresh_expires_at = ?
   WHERE id = ? AND client_id = ? AND revoked_at IS NULL RETURNING *`,
);

answerQuestions({
  async round(): Promise<CommitRates> {
    return { shared: await rate(rotateTogether), oneByOne: await rate(rotateOneByOne) };
  },
});

async function rate(work: () => void | Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (1000 * ROTATIONS) / (performance.now() - startedAt);
}

/** As many at a time as there are connections, each as soon as the one before is durable. */
async function rotateTogether(): Promise<void> {
  let next = 0;
  const connection = async () => {
    while (next < ROTATIONS) {
      const id = shared[next % GRANTS] ?? "";
      next += 1;
      const now = Date.now();
      const rotated = await store.rotateRefresh({
        id,
        clientId: SQL_CLIENT_ID,
        presented: generations.get(id) ?? 1,
        refreshExpiresAt: now + REFRESH_MS,
        now,
      });
      if (!rotated) throw new Error("a rotation was refused");
      generations.set(id, rotated.generation);
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
}

function rotateOneByOne(): void {
  for (let i = 0; i < ROTATIONS; i += 1) {
    const now = Date.now();
    const rows = rotate.all(now, now + REFRESH_MS, alone[i % GRANTS] ?? "", SQL_CLIENT_ID);
    if (rows.length !== 1) throw new Error("a rotation was refused");
  }
}
