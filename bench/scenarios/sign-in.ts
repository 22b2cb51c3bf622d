import { join } from "node:path";
import { type BenchSettings, median } from "../comparison.ts";
import { SERVER_CORE, startWorker } from "../processes.ts";
import type { Figure, Row, Scenario } from "../report.ts";
import type { Cost, MixedCosts, SignInCosts } from "../servers/sign-in.ts";

/** An unknown name may take this much more or less than a known one: the spread of equal work. */
const ALIKE = 1.03;

/** What a sign-in costs beside the hash that no one can do without, and whether its time tells which usernames there are. */
export const signIn: Scenario<BenchSettings> = {
  name: "sign-in",
  title: "a sign-in with the built-in directory, one bare argon2id, and unknown usernames",
  async run({ rounds, directory }) {
    const worker = await startWorker({
      module: "servers/sign-in.ts",
      core: SERVER_CORE,
      options: { directory },
      output: join(directory, "output.log"),
    });
    try {
      const [plain, mixed]: [SignInCosts[], MixedCosts[]] = [[], []];
      for (let round = -1; round < rounds; round += 1) {
        const costs = [
          await worker.ask<SignInCosts>("round"),
          await worker.ask<MixedCosts>("mixedRound"),
        ] as const;
        // The first one warms up.
        if (round < 0) continue;
        plain.push(costs[0]);
        mixed.push(costs[1]);
      }
      return {
        rows: [...plainRows(plain), ...mixedRows(mixed)],
        figures: [...plainFigures(plain), ...mixedFigures(mixed)],
      };
    } finally {
      await worker.stop();
    }
  },
};

function plainRows(costs: readonly SignInCosts[]): readonly Row[] {
  return [
    row(
      "sign-in, right password",
      costs.map(({ rightPassword }) => rightPassword),
    ),
    row(
      "sign-in, wrong password",
      costs.map(({ wrongPassword }) => wrongPassword),
    ),
    row(
      "sign-in, unknown username",
      costs.map(({ unknownName }) => unknownName),
    ),
    row(
      "crypto.argon2",
      costs.map(({ argon2id }) => argon2id),
    ),
  ];
}

function plainFigures(costs: readonly SignInCosts[]): readonly Figure[] {
  const toArgon2id = costs.map(({ rightPassword, argon2id }): Pair => [rightPassword, argon2id]);
  const unknown = costs.map(({ unknownName, wrongPassword }): Pair => [unknownName, wrongPassword]);
  return [
    { what: "a sign-in to argon2id", ...ratios(toArgon2id), unit: "×", atMost: 1.2 },
    alike("an unknown username to a wrong password", unknown),
  ];
}

const KINDS = { argon2id: "argon2id", bcrypt: "bcrypt of cost 12", scrypt: "scrypt of 32 MiB" } as const;
const EACH_KIND = Object.entries(KINDS) as [keyof typeof KINDS, string][];

/** Three kinds of hashes side by side, as after an import. */
function mixedRows(costs: readonly MixedCosts[]): readonly Row[] {
  return [
    ...EACH_KIND.map(([kind, name]) =>
      row(
        `three kinds, wrong password, ${name}`,
        costs.map((cost) => cost[kind]),
      ),
    ),
    row(
      "three kinds, unknown username",
      costs.map(({ unknownName }) => unknownName),
    ),
  ];
}

function mixedFigures(costs: readonly MixedCosts[]): readonly Figure[] {
  return EACH_KIND.map(([kind, name]) =>
    alike(
      `an unknown username to ${name}`,
      costs.map((cost): Pair => [cost.unknownName, cost[kind]]),
    ),
  );
}

type Pair = readonly [of: Cost, to: Cost];

/** The median of the rounds, on the clock and by CPU, which a busy machine disturbs less. */
function ratios(pairs: readonly Pair[]): Pick<Figure, "value" | "beside"> {
  const byCpu = median(pairs.map(([of, to]) => of.cpu / to.cpu));
  return {
    value: median(pairs.map(([of, to]) => of.elapsed / to.elapsed)),
    beside: `${byCpu.toFixed(2)} × by CPU time`,
  };
}

/** How far apart they are, whichever takes longer. */
function alike(what: string, pairs: readonly Pair[]): Figure {
  const { value, ...more } = ratios(pairs);
  return { what, value: Math.max(value, 1 / value), ...more, unit: "×", atMost: ALIKE };
}

function row(name: string, costs: readonly Cost[]): Row {
  const elapsed = costs.map((cost) => cost.elapsed);
  const [least, most] = [Math.min(...elapsed), Math.max(...elapsed)];
  return {
    name,
    values: [
      `${median(elapsed).toFixed(1)} ms`,
      `${least.toFixed(1)} to ${most.toFixed(1)} ms`,
      `${median(costs.map(({ cpu }) => cpu)).toFixed(1)} ms of CPU`,
    ],
  };
}
