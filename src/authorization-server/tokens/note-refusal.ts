import type { Grant, GrantRefusal } from "../../core/grant.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Store } from "../../store/store.ts";

/**
 * Keeps why an authenticated client gets no tokens for its own grant, so that the person can be told. Only for a request whose code or
 * token has our MAC: no one else writes here. Resolves once it is kept.
 */
export type NoteRefusal = (grant: Grant, refusal: GrantRefusal) => Promise<void>;

/** A client that asks again and again for the same is written down once in this time. */
const AGAIN_MS = 60_000;

export function createNoteRefusal({
  store,
  clock,
}: {
  readonly store: Pick<Store, "recordRefusal">;
  readonly clock: Clock;
}): NoteRefusal {
  return async (grant, refusal) => {
    const now = clock();
    const isNew = grant.refusal !== refusal || grant.refusedAt === null || now - grant.refusedAt >= AGAIN_MS;
    if (isNew) await store.recordRefusal(grant.id, refusal, now);
  };
}
