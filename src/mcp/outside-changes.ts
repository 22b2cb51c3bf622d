import type { Deps } from "../authorization-server/deps.ts";

type Followed = Pick<Deps, "store" | "clock" | "clients" | "keys" | "log">;

/** How far the clock of the process that wrote a revocation may be from ours. Being told twice is free. */
const CLOCKS_APART_MS = 60_000;
const RETRY_MS = 500;

/**
 * What a command beside the running server changed (a revoked grant, a removed client, a rotated key) holds here within
 * a second. Revocations are read from where reading them last succeeded: neither a process that was suspended nor a
 * database that failed for a while leaves a revoked token open.
 * @returns the function that stops it.
 */
export function followOutsideChanges(deps: Followed, grantEnded: (grantId: string) => void): () => void {
  const { store, clock, clients, keys, log } = deps;
  let caughtUpAt = clock();
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;

  const catchUp = async () => {
    clearTimeout(retry);
    try {
      const now = clock();
      clients.forgetAll();
      for (const grantId of await store.revokedSince(caughtUpAt - CLOCKS_APART_MS)) grantEnded(grantId);
      await keys.reload();
      caughtUpAt = now;
    } catch (cause) {
      log.error("a change by another process could not be read", { cause });
      clearTimeout(retry);
      retry = stopped ? undefined : setTimeout(catchUp, RETRY_MS).unref();
    }
  };

  const unsubscribe = store.onOutsideChange(() => void catchUp());
  return () => {
    stopped = true;
    clearTimeout(retry);
    unsubscribe();
  };
}
