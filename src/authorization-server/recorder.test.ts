import { afterEach, beforeEach, expect, it } from "vitest";
import { openTestStore, type TestStore } from "../../test/support/store/test-store.ts";
import type { AuditRecord } from "../core/events.ts";
import { silentLog } from "../platform/logging.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

const HOUR_MS = 60 * 60 * 1000;
const PEER = { address: "203.0.113.7", correlationId: "abcdefghijkl" };

let store: TestStore;
let lines: string[];
let now: number;
let recorder: Recorder;
beforeEach(async () => {
  store = await openTestStore({ database: ":memory:" });
  lines = [];
  now = Date.UTC(2026, 10, 1);
  const log = { ...silentLog, event: (name: string) => lines.push(name) };
  recorder = createRecorder({ store, clock: () => now, log });
});
afterEach(() => store.close());

const many = async (count: number, record: () => Promise<void>): Promise<void> => {
  await Promise.all(Array.from({ length: count }, record));
};
const rows = (): Promise<readonly AuditRecord[]> => store.auditAfter(0, 10_000);
const ATTEMPT = { usernameMark: "m", client: "app" };
const fail = () => recorder.record("sign_in.failed", ATTEMPT, PEER);

it.each<readonly [name: string, record: () => Promise<void>]>([
  ["sign_in.failed", fail],
  ["sign_in.slowed", () => recorder.record("sign_in.slowed", ATTEMPT, PEER)],
  ["sign_in.unchecked", () => recorder.record("sign_in.unchecked", { ...ATTEMPT, reason: "r" }, PEER)],
])(
  "strangers write so many rows of %s an hour and no more; the log has every one",
  async (_event, record) => {
    await many(1500, record);
    expect(await rows()).toHaveLength(1000);
    expect(lines).toHaveLength(1500);
    now += HOUR_MS;
    await many(1500, record);
    expect(await rows()).toHaveLength(2000);
  },
);

it("the next row says how many were left out, once", async () => {
  await many(1007, fail);
  now += HOUR_MS;
  await many(2, fail);
  const [first, second] = (await rows()).slice(1000);
  expect(first?.fields.omitted).toBe(7);
  expect(second?.fields).not.toHaveProperty("omitted");
});

it("a flood of one kind hides no other kind, nor what people did", async () => {
  await many(1500, () => recorder.record("sign_in.slowed", ATTEMPT, PEER));
  await fail();
  await recorder.record("sign_in.ok", { person: "ada", client: "app", method: "password" }, PEER);
  expect((await rows()).slice(1000).map(({ event }) => event)).toEqual(["sign_in.failed", "sign_in.ok"]);
});

it("who signs in is never left out", async () => {
  await many(1500, () =>
    recorder.record("sign_in.ok", { person: "ada", client: "app", method: "password" }, PEER),
  );
  expect(await rows()).toHaveLength(1500);
});

it("an event of the audit log alone has no line", () => {
  const fields = { grant: "g", client: "reports", scopes: ["mcp"] };
  const { entry, log } = recorder.prepare("client.granted", fields, PEER);
  log();
  expect(lines).toEqual([]);
  expect(entry.fields).toEqual({ ...fields, ...PEER });
});
