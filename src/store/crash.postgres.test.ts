import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../test/support/postgres/shared.ts";
import { type ChildStore, startChildStore } from "../../test/support/processes/child-store.ts";
import {
  APPROVED,
  DAY,
  PERSON_ADDED,
  REDEEMED,
  START,
  sampleApproval,
  samplePerson,
} from "../../test/support/store/samples.ts";
import { openTestStore } from "../../test/support/store/test-store.ts";

const GRANTS = 30;
const ROUNDS = 3;

let folder: string;
let postgres: SharedPostgres;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-crash-"));
  postgres = await sharedPostgres();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await postgres.stop();
});

const databases = [
  { name: "SQLite", freshDatabase: async () => join(folder, "a.db") },
  { name: "Postgres", freshDatabase: () => postgres.freshDatabase() },
];

describe.each(databases)("kill -9 in the middle of a burst, on $name", ({ freshDatabase }) => {
  test("nothing that was answered is lost, and no grant is half made", async () => {
    const database = await freshDatabase();
    /** What this test was answered, of all rounds. */
    const answered = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = await startChildStore(database);
      await child.open();
      await child.call("addPerson", samplePerson(), PERSON_ADDED);
      const before = count(answered);
      const clients = Array.from({ length: GRANTS }, (_, index) =>
        liveALife(child, `grant-${round}-${index}`, answered),
      );
      while (count(answered) < before + 20 * GRANTS) await new Promise((resolve) => setImmediate(resolve));
      await child.kill();
      // Every one of them was still at it.
      expect(await Promise.race([...clients, "all waiting"])).toBe("all waiting");

      const store = await openTestStore({ database });
      for (const [id, generation] of answered) {
        const grant = await store.findGrant(id);
        // A write may have been made without being answered; the other way round must not be.
        expect(grant?.generation).toBeGreaterThanOrEqual(generation);
        const redeemed = (grant?.generation ?? 0) > 0;
        expect([grant?.redeemedAt !== null, grant?.rotatedAt !== null]).toEqual([redeemed, redeemed]);
      }
      await store.close();
    }
  });
});

/** Approves, redeems, and then refreshes for as long as there are answers. */
async function liveALife(child: ChildStore, id: string, answered: Map<string, number>): Promise<string> {
  await child.call("approve", sampleApproval({ id }), APPROVED);
  answered.set(id, 0);
  await child.call("redeemCode", id, START + DAY, START, REDEEMED);
  for (let generation = 1; ; generation += 1) {
    answered.set(id, generation);
    const rotation = { id, clientId: "client-1", presented: generation, now: START };
    const rotated = await child.call("rotateRefresh", { ...rotation, refreshExpiresAt: START + DAY });
    if (rotated?.generation !== generation + 1) return `${id} was answered ${JSON.stringify(rotated)}`;
  }
}

function count(answered: ReadonlyMap<string, number>): number {
  return [...answered.values()].reduce((sum, generation) => sum + generation, 0);
}
