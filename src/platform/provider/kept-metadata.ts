import type { Clock } from "../clock.ts";

/** A provider's metadata, fetched when they are first needed. What is kept serves while the provider is down, and while it is slow. */
export type KeptMetadata<Metadata> = {
  /** Those that are kept, or new ones where there are none. @throws what fetching threw, where none are kept */
  find(): Promise<Metadata>;
  /** New ones. All who ask at once wait for one fetch. @throws what fetching threw */
  ask(): Promise<Metadata>;
  /** When they were last asked for, in epoch milliseconds; -Infinity before the first time. */
  askedAt(): number;
};

const FRESH_MS = 60 * 60 * 1000;
/** After a failure, no one waits for another attempt until this has passed. */
const RETRY_MS = 5000;

export function keepMetadata<Metadata>(
  fetchNow: () => Promise<Metadata>,
  clock: Clock,
): KeptMetadata<Metadata> {
  let kept: { readonly metadata: Metadata } | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let askAgainAt = 0;
  let failure: unknown;
  let asking: Promise<Metadata> | undefined;

  const askOnce = async (): Promise<Metadata> => {
    askedAt = clock();
    try {
      const metadata = await fetchNow();
      kept = { metadata };
      askAgainAt = clock() + FRESH_MS;
      failure = undefined;
      return metadata;
    } catch (cause) {
      askAgainAt = clock() + RETRY_MS;
      failure = cause;
      throw cause;
    } finally {
      asking = undefined;
    }
  };
  const ask = (): Promise<Metadata> => {
    asking ??= askOnce();
    return asking;
  };
  return {
    ask,
    askedAt: () => askedAt,
    async find() {
      if (clock() < askAgainAt) {
        if (kept) return kept.metadata;
        throw failure;
      }
      const asked = ask();
      if (!kept) return asked;
      asked.catch(() => {});
      return kept.metadata;
    },
  };
}
