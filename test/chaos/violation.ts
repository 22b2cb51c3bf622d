import type { Operation } from "./history.ts";

/** A promise that was broken, in a sentence, and the operations that show it. */
export type Violation = { readonly what: string; readonly operations: readonly Operation[] };

export function violation(what: string, ...operations: readonly Operation[]): Violation {
  return { what, operations };
}
