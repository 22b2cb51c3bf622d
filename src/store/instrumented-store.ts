import type { Store } from "./store.ts";

/** Measures what the store does, each operation under the name of its method. */
export type InstrumentOperation = <T>(operation: string, work: () => Promise<T>) => Promise<T>;

/** The same store, measured. */
export function instrumentedStore(store: Store, instrument: InstrumentOperation): Store {
  const instrumented = Object.entries(store).map(([operation, method]) => {
    const run = method as (...given: readonly unknown[]) => Promise<unknown>;
    return [operation, (...given: readonly unknown[]) => instrument(operation, () => run(...given))];
  });
  return { ...store, ...Object.fromEntries(instrumented) };
}
