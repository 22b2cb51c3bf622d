import type { Random } from "./random.ts";

/** Something that goes wrong at a time, in milliseconds from the start of the run, and is put right after a while. */
export type Fault = {
  readonly at: number;
  readonly lasts: number;
} & (
  | { readonly kind: "cut notification links" }
  | { readonly kind: "cut all connections" }
  /** `immediate`: as if its power went. */
  | { readonly kind: "stop Postgres" }
  /** It takes connections and statements, and answers nothing. */
  | { readonly kind: "hang Postgres" }
  /** `SIGKILL`: it gets to do nothing more. */
  | { readonly kind: "kill instance"; readonly instance: number }
  /** `SIGTERM`: it finishes what is under way, as in a rolling restart. */
  | { readonly kind: "end instance"; readonly instance: number }
  /** From then on, the clock of its machine is off by so much. */
  | { readonly kind: "shift clock"; readonly instance: number; readonly aheadSeconds: number }
);

export const FAULT_KINDS: readonly Fault["kind"][] = [
  "cut notification links",
  "cut all connections",
  "stop Postgres",
  "hang Postgres",
  "kill instance",
  "end instance",
  "shift clock",
];

/** No clock is ever off by more. */
export const MOST_AHEAD_SECONDS = 30;

export type PlanOptions = {
  readonly milliseconds: number;
  /** How wrong the clock of each instance is at first. There are as many instances. */
  readonly clocksAheadSeconds: readonly number[];
};

/**
 * The tracks of a run, which go on at the same time: on each, one fault follows another. Faults of the database are one
 * track; instances that die, one at a time, and clocks that are set are others. Each kind of fault is planned at least
 * once, in however short a run.
 */
export function planFaults(
  random: Random,
  { milliseconds, clocksAheadSeconds }: PlanOptions,
): readonly (readonly Fault[])[] {
  return [
    track(random.branch("database"), milliseconds, DATABASE_FAULTS),
    track(random.branch("instances"), milliseconds, instanceFaults(clocksAheadSeconds.length)),
    track(random.branch("clocks"), milliseconds, [clockShifts(clocksAheadSeconds)]),
  ];
}

type Unplaced = Fault extends infer One ? (One extends Fault ? Omit<One, "at"> : never) : never;
type Draw = (random: Random) => Unplaced;
/** One that stands there twice comes twice as often. */
type Draws = readonly [Draw, ...Draw[]];

const stopPostgres: Draw = (random) => ({ kind: "stop Postgres", lasts: random.between(200, 3000) });
const hangPostgres: Draw = (random) => ({ kind: "hang Postgres", lasts: random.between(300, 4000) });
const cutLinks: Draw = () => ({ kind: "cut notification links", lasts: 0 });
const cutAll: Draw = () => ({ kind: "cut all connections", lasts: 0 });
const DATABASE_FAULTS: Draws = [stopPostgres, hangPostgres, cutLinks, cutLinks, cutAll];

function instanceFaults(instances: number): Draws {
  const away = (random: Random) => ({
    instance: random.between(0, instances - 1),
    lasts: random.between(100, 1200),
  });
  const kill: Draw = (random) => ({ kind: "kill instance", ...away(random) });
  const end: Draw = (random) => ({ kind: "end instance", ...away(random) });
  return [kill, kill, end];
}

function clockShifts(clocksAheadSeconds: readonly number[]): Draw {
  const clocks = [...clocksAheadSeconds];
  return (random) => {
    const instance = random.between(0, clocks.length - 1);
    const drawn = random.between(-MOST_AHEAD_SECONDS, MOST_AHEAD_SECONDS - 1);
    // To where it is already would be no shift.
    const aheadSeconds = drawn < (clocks[instance] ?? 0) ? drawn : drawn + 1;
    clocks[instance] = aheadSeconds;
    return { kind: "shift clock", instance, aheadSeconds, lasts: 0 };
  };
}

/** Long enough for a life between two faults. */
const CALM_MS = { from: 300, to: 2500 } as const;
/** By then everything has gone wrong once. The rest is for chance, and for a machine that is slow at putting it right. */
const FIRST_ROUND_SHARE = 2 / 3;

/** Begins with a round of everything, at a pace at which that fits in. */
function track(random: Random, milliseconds: number, draws: Draws): readonly Fault[] {
  const drawn = (draw: Draw) => ({ calm: random.between(CALM_MS.from, CALM_MS.to), fault: draw(random) });
  const faults: Fault[] = [];
  let time = 0;
  const place = ({ calm, fault }: ReturnType<typeof drawn>, pace: number) => {
    const [at, lasts] = [time + Math.round(calm * pace), Math.round(fault.lasts * pace)];
    faults.push({ ...fault, at, lasts });
    time = at + lasts;
  };

  const round = random.shuffled([...new Set(draws)]).map(drawn);
  const takes = round.reduce((sum, { calm, fault }) => sum + calm + fault.lasts, 0);
  for (const one of round) place(one, Math.min(1, (milliseconds * FIRST_ROUND_SHARE) / takes));
  for (;;) {
    const next = drawn(random.pick(draws));
    if (time + next.calm + next.fault.lasts > milliseconds) return faults;
    place(next, 1);
  }
}
