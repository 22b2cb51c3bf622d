import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { START, sampleApproval } from "../../test/store/samples.ts";
import type { StoreWithTodos } from "./kysely-store.ts";
import { openSqliteStore } from "./sqlite.ts";

const HALF_A_SECOND_MS = 500;

let folder: string;
let ours: StoreWithTodos;
let theirs: StoreWithTodos;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-outside-"));
  ours = await openSqliteStore({ database: join(folder, "a.db") });
  theirs = await openSqliteStore({ database: join(folder, "a.db") });
  // Only the polling: everything else goes on in real time.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await ours.close();
  await theirs.close();
  rmSync(folder, { recursive: true });
});

test("a change by another connection is told once, and within half a second", async () => {
  const callback = vi.fn();
  ours.onOutsideChange(callback);
  await theirs.approve(sampleApproval());
  vi.advanceTimersByTime(HALF_A_SECOND_MS);
  expect(callback).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10 * HALF_A_SECOND_MS);
  expect(callback).toHaveBeenCalledTimes(1);
  await theirs.revokeGrant("grant-1", "operator", START);
  vi.advanceTimersByTime(HALF_A_SECOND_MS);
  expect(callback).toHaveBeenCalledTimes(2);
});

test("the store's own writes are not outside changes, nor are another's reads", async () => {
  const callback = vi.fn();
  ours.onOutsideChange(callback);
  await ours.approve(sampleApproval());
  vi.advanceTimersByTime(HALF_A_SECOND_MS);
  await ours.revokeGrant("grant-1", "operator", START);
  await theirs.findGrant("grant-1");
  vi.advanceTimersByTime(HALF_A_SECOND_MS);
  expect(callback).not.toHaveBeenCalled();
});

test("everybody who asked is told, until they stop", async () => {
  const [first, second] = [vi.fn(), vi.fn()];
  const stop = ours.onOutsideChange(first);
  ours.onOutsideChange(second);
  stop();
  await theirs.approve(sampleApproval());
  vi.advanceTimersByTime(HALF_A_SECOND_MS);
  expect(first).not.toHaveBeenCalled();
  expect(second).toHaveBeenCalledTimes(1);
});

test("a closed store looks no more", async () => {
  ours.onOutsideChange(vi.fn());
  await ours.close();
  expect(vi.getTimerCount()).toBe(0);
});
