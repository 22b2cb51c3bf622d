import type { EventFields, SecurityEvent } from "../../core/events.ts";
import type { Log } from "../logging.ts";

/** What is measured, at the moment when it happens. Wired at the entry points; where nobody reads, {@link noMetrics}. */
export type Metrics = {
  /** A request from outside was answered: its head was ready after so many seconds. `route` is a name of ours, never a path. */
  answered(route: string, status: number, seconds: number): void;
  /** A security event was logged: one event, one count. */
  happened<Name extends SecurityEvent>(event: Name, fields: EventFields<Name>): void;
  /** An error was logged: something went wrong on our side. */
  failed(): void;
  decided(decision: GuardDecision): void;
  /** The guard looked for a token among those that it has verified. */
  lookedUp(found: boolean): void;
  /** So many writes were made durable together. */
  committed(writes: number): void;
  /** An operation of the store was done, well or not, in so many seconds. */
  stored(operation: string, seconds: number): void;
  /** A number that is read whenever somebody asks for the metrics. */
  watch(gauge: GaugeName, read: () => number): void;
};

/**
 * `authenticated`: the token is good. Where it lacks a scope, `insufficient_scope` is counted beside it. `public`: there was no
 * token, and none was needed; `public_limit`: too many came without one. `expired` and `revoked`: it was good once;
 * `invalid_token`: it never was one for this server; `person_disabled`: it is good, and the operator disabled its person.
 */
export const GUARD_DECISIONS = [
  "authenticated",
  "public",
  "public_limit",
  "no_token",
  "malformed",
  "expired",
  "revoked",
  "invalid_token",
  "insufficient_scope",
  "person_disabled",
  "unavailable",
] as const;
export type GuardDecision = (typeof GUARD_DECISIONS)[number];

export type GaugeName =
  | "streams"
  | "sessions"
  | "pool_connections"
  | "pool_idle_connections"
  | "pool_waiting_requests";

/** Keeps nothing, and costs nothing. */
export const noMetrics: Metrics = {
  answered() {},
  happened() {},
  failed() {},
  decided() {},
  lookedUp() {},
  committed() {},
  stored() {},
  watch() {},
};

/** The same log, whose events and errors are counted too. */
export function countedLog(log: Log, metrics: Metrics): Log {
  if (metrics === noMetrics) return log;
  return {
    event(name, fields) {
      metrics.happened(name, fields);
      log.event(name, fields);
    },
    error(message, fields) {
      metrics.failed();
      log.error(message, fields);
    },
    info: (message, fields) => log.info(message, fields),
    debug: (message, fields) => log.debug(message, fields),
  };
}
