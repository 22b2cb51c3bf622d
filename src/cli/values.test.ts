import { expect, it } from "vitest";
import { readCount, readTime } from "./values.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
/** As a message repeats what was given. */
const shown = (given: string) => (given === "" ? "empty" : `"${given}"`);
const at = (given: string) => new Date(readTime("--since", given, NOW)).toISOString();

it.each([
  ["90s", "2026-11-21T11:58:30.000Z"],
  ["30m", "2026-11-21T11:30:00.000Z"],
  ["2h", "2026-11-21T10:00:00.000Z"],
  ["7d", "2026-11-14T12:00:00.000Z"],
  ["1w", "2026-11-14T12:00:00.000Z"],
  ["2026-11-01", "2026-11-01T00:00:00.000Z"],
  ["2026-11-01T09:30", "2026-11-01T09:30:00.000Z"],
  ["2026-11-01 09:30:15Z", "2026-11-01T09:30:15.000Z"],
])("%s is %s", (given, time) => {
  expect(at(given)).toBe(time);
});

it.each([
  "",
  "yesterday",
  "2",
  "h",
  "-2h",
  "2 h",
  "2026-13-01",
  "2026-02-30",
  "2026-11-01T25:00",
  "20261101",
])("%j is no time, and the sentence says what would be", (given) => {
  expect(() => at(given)).toThrow(
    `--since is ${shown(given)}; it must be an age such as 30m, 2h or 7d, or a time in UTC`,
  );
});

it("counts from one", () => {
  expect(readCount("--limit", "250")).toBe(250);
  expect(readCount("--limit", "1000000")).toBe(1_000_000);
  for (const given of ["0", "-1", "1.5", "many", "", "1000001", "1000000000000"]) {
    expect(() => readCount("--limit", given)).toThrow(
      `--limit is ${shown(given)}; it must be a whole number from 1 to 1000000.`,
    );
  }
});
