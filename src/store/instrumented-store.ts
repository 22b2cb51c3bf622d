import type { Store } from "./store.ts";

/** Watches what the store does, verb by verb. */
export type InstrumentOperation = <T>(verb: string, work: () => Promise<T>) => Promise<T>;

/** What is no verb, because it answers at once. */
type AtOnce = {
  [Name in keyof Store]: Store[Name] extends (...given: never[]) => infer Answer
    ? Answer extends Promise<unknown>
      ? never
      : Name
    : never;
}[keyof Store];

const AT_ONCE: Readonly<Record<AtOnce, true>> = { clock: true, followChanges: true };

/** The same store, whose verbs are watched. */
export function instrumentedStore<S extends Store>(store: S, observe: InstrumentOperation): S {
  const observed = Object.entries(store)
    .filter(([name, value]) => typeof value === "function" && !(name in AT_ONCE))
    .map(([verb, value]) => {
      const run = value as (...given: readonly unknown[]) => Promise<unknown>;
      return [verb, (...given: readonly unknown[]) => observe(verb, () => run(...given))];
    });
  return { ...store, ...Object.fromEntries(observed) };
}
