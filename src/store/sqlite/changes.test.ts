import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { changeContract } from "../../../test/support/store/change-contract.ts";
import { START, sampleApproval } from "../../../test/support/store/samples.ts";
import type { RemoteChange, Store } from "../store.ts";
import { openSqliteStore } from "./open.ts";

const HALF_A_SECOND_MS = 500;
const folder = mkdtempSync(join(tmpdir(), "gatehouse-changes-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const freshFile = () => join(folder, `${++files}.db`);

changeContract("SQLite", async (count) => {
  const database = freshFile();
  return Promise.all(Array.from({ length: count }, () => openSqliteStore({ database })));
});

describe("following a file", () => {
  let database: string;
  let ours: Store;
  let theirs: Store;
  beforeEach(async () => {
    database = freshFile();
    ours = await openSqliteStore({ database });
    theirs = await openSqliteStore({ database });
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
    ours.followChanges({ changed: (changes) => told.push(...changes), heard() {}, lost() {} });
    await theirs.approve(sampleApproval());
    await theirs.revokeGrant("grant-1", "operator", START);
    await vi.advanceTimersByTimeAsync(HALF_A_SECOND_MS);
    expect(told).toEqual([{ kind: "grant_revoked", id: "grant-1" }]);
    await theirs.approve(sampleApproval({ id: "grant-2" }));
    await vi.advanceTimersByTimeAsync(10 * HALF_A_SECOND_MS);
    expect(told).toHaveLength(1);
  });

  test("what cannot be read is lost, and told once it can be read again", async () => {
    const told: RemoteChange[] = [];
    const lost = vi.fn();
    ours.followChanges({ changed: (changes) => told.push(...changes), heard() {}, lost });
    const file = new DatabaseSync(database);
    await theirs.approve(sampleApproval());
    await theirs.revokeGrant("grant-1", "operator", START);
    file.exec("ALTER TABLE changes RENAME TO away");
    await vi.advanceTimersByTimeAsync(HALF_A_SECOND_MS);
    expect(lost).toHaveBeenCalled();
    file.exec("ALTER TABLE away RENAME TO changes");
    file.close();
    await vi.advanceTimersByTimeAsync(HALF_A_SECOND_MS);
    expect(told).toEqual([{ kind: "grant_revoked", id: "grant-1" }, { kind: "anything" }]);
  });

  test("ends with the last who follows, and with the store", async () => {
    const follower = { changed() {}, heard() {}, lost() {} };
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
