import type { Store } from "./store.ts";

/** Measures what the store does, operation by operation. */
export type InstrumentOperation = <T>(operation: string, work: () => Promise<T>) => Promise<T>;

/** What is no operation, because it answers at once. */
type AtOnce = {
  [Name in keyof Store]: Store[Name] extends (...given: never[]) => infer Answer
    ? Answer extends Promise<unknown>
      ? never
      : Name
    : never;
}[keyof Store];

const AT_ONCE: Readonly<Record<AtOnce, true>> = { clock: true, followChanges: true };

/** The same store, whose operations are measured. */
export function instrumentedStore<S extends Store>(store: S, instrument: InstrumentOperation): S {
  const instrumented = Object.entries(store)
    .filter(([name, value]) => typeof value === "function" && !(name in AT_ONCE))
    .map(([operation, value]) => {
      const run = value as (...given: readonly unknown[]) => Promise<unknown>;
      return [operation, (...given: readonly unknown[]) => instrument(operation, () => run(...given))];
    });
  return { ...store, ...Object.fromEntries(instrumented) };
}
