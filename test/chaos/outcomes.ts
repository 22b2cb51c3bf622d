import type { Operation, Outcome, Promises } from "./history.ts";

// What an answer says of what was done.

export function isHonoured({ outcome }: Operation): boolean {
  return outcome.kind === "honoured";
}

/** For what it presented. A client that is sent away was refused for what it is. */
export function isRefused(operation: Operation): boolean {
  return operation.outcome.kind === "refused" && !isSentAway(operation);
}

/** What clients are told that the operator has disabled. */
export function isSentAway({ outcome }: Operation): boolean {
  return outcome.kind === "refused" && outcome.error === "unauthorized_client";
}

/** To the sign-in, because what they had, or were about to have, has ended. */
export function isSentBack({ outcome }: Operation): boolean {
  return outcome.kind === "refused" && outcome.error === "login_required";
}

/** Done or not, now or later. */
export function isOpen({ outcome }: { readonly outcome: Outcome }): boolean {
  return outcome.kind === "unavailable" || outcome.kind === "unanswered";
}

/** From when on it is done, or never will be. */
export function doneBy({ endedAt, outcome }: Operation, { lateSeconds }: Promises): number {
  return outcome.kind === "honoured" ? endedAt : endedAt + lateSeconds * 1000;
}
