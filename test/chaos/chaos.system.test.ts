import { expect, it } from "vitest";
import { FAULT_KINDS } from "./plan.ts";
import { reported } from "./report.ts";
import { runChaos } from "./run.ts";

const seconds = Number(process.env.CHAOS_SECONDS ?? 12);
const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 32));
/** To start everything, and to finish what was begun when the last fault is over. */
const BESIDES_SECONDS = 90;

it(`every promise is kept through CHAOS_SEED=${seed} CHAOS_SECONDS=${seconds}`, {
  timeout: (seconds + BESIDES_SECONDS) * 1000,
}, async () => {
  process.stdout.write(`CHAOS_SEED=${seed} CHAOS_SECONDS=${seconds}\n`);
  const report = await runChaos({ seed, seconds });
  // A run in which little happened would prove little.
  expect(new Set(report.faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
  expect(report.operations.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining([
      ...["disable", "enable", "rotate key"],
      ...["disable person", "enable person", "sign out person"],
      ...["connect", "disconnect", "act"],
    ]),
  );
  expect(report.operations.length).toBeGreaterThan(seconds * 10);
  expect(report.violations, reported(report, { seed, seconds })).toEqual([]);
});
