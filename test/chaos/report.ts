import type { ChaosOptions, ChaosReport } from "./run.ts";
import type { Violation } from "./violation.ts";

/** How many are told; the first one is mostly the cause of the others. */
const SHOWN = 5;

/** What a run came to, with what it takes to have the same again. */
export function reported(
  { faults, operations, violations, directory }: ChaosReport,
  { seed, seconds }: ChaosOptions,
): string {
  const counts = counted(operations, ({ kind, outcome }) => `${kind} ${outcome.kind}`);
  const slowest = operations
    .filter(({ outcome }) => outcome.kind === "unavailable")
    .reduce((longest, { startedAt, endedAt }) => Math.max(longest, endedAt - startedAt), 0);
  const lines = [
    `${faults.length} faults: ${counted(faults, ({ kind }) => kind)}`,
    `${operations.length} operations amid them: ${counts}`,
    `the slowest 503 took ${Math.round(slowest)} ms`,
    ...(violations.length === 0
      ? ["every promise was kept"]
      : [
          `Broken promises: ${counted(violations, ({ what }) => what)}`,
          `Again: CHAOS_SEED=${seed} CHAOS_SECONDS=${seconds} npx vitest run test/chaos`,
          `The faults: ${JSON.stringify(faults)}`,
          `The logs of the instances: ${directory}`,
          ...violations.slice(0, SHOWN).map(shown),
        ]),
  ];
  return lines.join("\n");
}

function counted<T>(items: readonly T[], kindOf: (item: T) => string): string {
  return [...Map.groupBy(items, kindOf)]
    .map(([kind, all]) => `${kind} ${all.length}`)
    .sort()
    .join(", ");
}

function shown({ what, operations }: Violation): string {
  return [what, ...operations.map((operation) => `    ${JSON.stringify(operation)}`)].join("\n");
}
