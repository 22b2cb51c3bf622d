import type { Random } from "./random.ts";

/** Something that goes wrong at a time, in milliseconds from the start of the run, and is put right after a while. */
export type Fault = {
  readonly at: number;
  readonly lasts: number;
} /** `SIGKILL`: it gets to do nothing more. `SIGTERM`: it finishes what is under way, as in a rolling restart. */ & (
  | { readonly kind: "end instance"; readonly instance: number; readonly signal: "SIGKILL" | "SIGTERM" }
  /** `immediate`: as if its power went. */
  | { readonly kind: "stop Postgres" }
  /** It takes connections and statements, and answers nothing. */
  | { readonly kind: "hang Postgres" }
  /** The notification links only, or every connection. */
  | { readonly kind: "cut connections"; readonly which: "links" | "all" }
);

export type PlanOptions = { readonly milliseconds: number; readonly instances: number };

/** Faults of the database follow one another; instances die meanwhile, one at a time. */
export function planFaults(random: Random, { milliseconds, instances }: PlanOptions): readonly Fault[] {
  const database = track(random.branch("database"), milliseconds, databaseFault);
  const processes = track(random.branch("instances"), milliseconds, (chance) => ({
    kind: "end instance",
    instance: chance.between(0, instances - 1),
    signal: chance.pick(["SIGKILL", "SIGKILL", "SIGTERM"]),
    lasts: chance.between(100, 1200),
  }));
  return [...database, ...processes].sort((one, other) => one.at - other.at);
}

/** Long enough for a life between two faults. */
const CALM_MS = { from: 300, to: 2500 } as const;

type Unplaced = Fault extends infer One ? (One extends Fault ? Omit<One, "at"> : never) : never;

function track(random: Random, milliseconds: number, draw: (random: Random) => Unplaced): readonly Fault[] {
  const faults: Fault[] = [];
  for (let at = pause(random); ; ) {
    const fault = { ...draw(random), at };
    if (at + fault.lasts > milliseconds) return faults;
    faults.push(fault);
    at += fault.lasts + pause(random);
  }
}

function pause(random: Random): number {
  return random.between(CALM_MS.from, CALM_MS.to);
}

function databaseFault(random: Random): Unplaced {
  switch (random.pick(["stop", "hang", "links", "links", "all"])) {
    case "stop":
      return { kind: "stop Postgres", lasts: random.between(200, 3000) };
    case "hang":
      return { kind: "hang Postgres", lasts: random.between(300, 4000) };
    case "links":
      return { kind: "cut connections", which: "links", lasts: 0 };
    case "all":
      return { kind: "cut connections", which: "all", lasts: 0 };
  }
}
