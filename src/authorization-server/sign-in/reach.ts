import type { Clock } from "../../platform/clock.ts";
import type { PlainFetch } from "../../platform/fetch-json.ts";

/** What a method is handed to find out whether it reaches what it needs, where no server is open. */
export type ReachParts = {
  readonly fetch: PlainFetch;
  readonly clock: Clock;
  /** The server's issuer. */
  readonly issuer: string;
};

/** Whether it does. */
export type Reached = {
  readonly result: "ok" | "failed" | "skipped";
  /** How it was answered, or why not. No secrets. */
  readonly detail: string;
  /** What to do. */
  readonly advice?: string;
};
