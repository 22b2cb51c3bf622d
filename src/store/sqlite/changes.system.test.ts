import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { changeContract } from "../../../test/support/store/change-contract.ts";
import {
  APPROVED,
  addSamplePerson,
  REVOKED,
  START,
  sampleApproval,
} from "../../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../../test/support/store/test-store.ts";
import type { RemoteChange } from "../change-feed.ts";

const HALF_A_SECOND_MS = 500;
const folder = mkdtempSync(join(tmpdir(), "gatehouse-changes-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const freshFile = () => join(folder, `${++files}.db`);

changeContract("SQLite", async (count) => {
  const database = freshFile();
  return Promise.all(Array.from({ length: count }, () => openTestStore({ database })));
});

describe("following a file", () => {
  let database: string;
  let ours: TestStore;
  let theirs: TestStore;
  beforeEach(async () => {
    database = freshFile();
    ours = await openTestStore({ database });
    theirs = await openTestStore({ database });
    await addSamplePerson(theirs);
    // Only the polling: everything else goes on in real time.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await ours.close();
    await theirs.close();
  });

  test("tells within half a second, and once", async () => {
    const told: RemoteChange[] = [];
    ours.followChanges({ changed: (changes) => told.push(...changes), caughtUp() {}, interrupted() {} });
    await theirs.approve(sampleApproval(), APPROVED);
    await theirs.revokeGrant("grant-1", "operator", START, REVOKED);
    await vi.advanceTimersByTimeAsync(HALF_A_SECOND_MS);
    expect(told).toEqual([{ kind: "grant_revoked", id: "grant-1" }]);
    await theirs.approve(sampleApproval({ id: "grant-2" }), APPROVED);
    await vi.advanceTimersByTimeAsync(10 * HALF_A_SECOND_MS);
    expect(told).toHaveLength(1);
  });

  test("tells what was changed after a read of the same turn", async () => {
    const told: RemoteChange[] = [];
    ours.followChanges({ changed: (changes) => told.push(...changes), caughtUp() {}, interrupted() {} });
    await theirs.approve(sampleApproval(), APPROVED);
    await vi.advanceTimersByTimeAsync(HALF_A_SECOND_MS);
    const file = new DatabaseSync(database);
    await ours.findGrant("grant-1");
    file.exec("UPDATE grants SET revoked_at = 1");
    vi.advanceTimersToNextTimer();
    // No turn of the event loop until here.
    await Promise.resolve();
    expect(told).toEqual([{ kind: "grant_revoked", id: "grant-1" }]);
    file.close();
  });

  test("what cannot be read is lost, and told once it can be read again", async () => {
    const told: RemoteChange[] = [];
    const interrupted = vi.fn();
    ours.followChanges({ changed: (changes) => told.push(...changes), caughtUp() {}, interrupted });
    const file = new DatabaseSync(database);
    await theirs.approve(sampleApproval(), APPROVED);
    await theirs.revokeGrant("grant-1", "operator", START, REVOKED);
    file.exec("ALTER TABLE changes RENAME TO away");
    await vi.advanceTimersByTimeAsync(HALF_A_SECOND_MS);
    expect(interrupted).toHaveBeenCalled();
    file.exec("ALTER TABLE away RENAME TO changes");
    file.close();
    await vi.advanceTimersByTimeAsync(HALF_A_SECOND_MS);
    expect(told).toEqual([{ kind: "grant_revoked", id: "grant-1" }, { kind: "anything" }]);
  });

  test("ends with the last who follows, and with the store", async () => {
    const follower = { changed() {}, caughtUp() {}, interrupted() {} };
    const [first, second] = [ours.followChanges(follower), ours.followChanges(follower)];
    first();
    expect(vi.getTimerCount()).toBe(1);
    second();
    expect(vi.getTimerCount()).toBe(0);
    ours.followChanges(follower);
    await ours.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
