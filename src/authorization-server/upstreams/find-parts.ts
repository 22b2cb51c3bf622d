import type { UnauditedEvent } from "../../core/events.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { Store } from "../../store/store.ts";
import type { UpstreamCredential } from "../../store/upstream-store.ts";

/** What finding a person's token or key takes. */
export type FindParts = {
  readonly store: Pick<
    Store,
    | "findUpstreamCredential"
    | "beginUpstreamRefresh"
    | "endUpstreamRefresh"
    | "replaceUpstreamTokens"
    | "endUpstreamCredential"
    | "touchUpstreamCredential"
  >;
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly clock: Clock;
  readonly log: Log<UnauditedEvent>;
};

/** How long a token or key is used from memory. What ends it is announced: this is for what was missed. */
export const REMEMBERED_MS = 10 * 60 * 1000;

const HOUR_MS = 60 * 60 * 1000;

/** When it was used, within an hour: a write for each use would cost more than the use. */
export async function noteUse(
  { personId, upstream, usedAt }: UpstreamCredential,
  { store, clock }: Pick<FindParts, "store" | "clock">,
): Promise<void> {
  const now = clock();
  if (usedAt !== null && now - usedAt < HOUR_MS) return;
  // It is only shown: a database that takes no write now does not keep a tool from its token.
  await store.touchUpstreamCredential(personId, upstream, now).catch(() => {});
}
