import type { Clients } from "../authorization-server/clients/clients.ts";
import type { DisabledClients } from "../authorization-server/clients/disabled-clients.ts";
import type { SigningKeys } from "../authorization-server/tokens/signing-keys.ts";
import type { Log } from "../platform/logging.ts";
import type { RemoteChange } from "../store/change-feed.ts";
import type { OpenStore } from "../store/store.ts";
import type { RevocationLease } from "./revocation-lease.ts";

type Followed = {
  readonly followChanges: OpenStore["followChanges"];
  readonly clients: Pick<Clients, "invalidate" | "invalidateAll">;
  readonly keys: Pick<SigningKeys, "jwks" | "reload">;
  readonly disabled: Pick<DisabledClients, "changed" | "reload">;
  readonly log: Pick<Log, "error">;
};

/** Who hears of it beside what it changes itself. */
type Told = {
  readonly grantRevoked: (grantId: string) => void;
  /** Signed out, disabled, enabled, removed, linked with another, or known by another identity. */
  readonly personChanged: (personId: string) => void;
  /** What this person has at other services was connected anew, has ended or is dead. */
  readonly upstreamChanged: (personId: string) => void;
  /** A key was taken away, or a client disabled: what was verified with it must not outlive it. */
  readonly verifyAgain: () => void;
};

const RETRY_MS = 500;

/**
 * What another instance or a command changed (a revoked grant, a disabled person, a removed or disabled client, a rotated
 * key) holds here within a second. Neither a process that was suspended nor a database that failed for a while leaves a revoked token open.
 * @returns the function that stops it.
 */
export function followRemoteChanges(
  { followChanges, clients, keys, disabled, log }: Followed,
  { grantRevoked, personChanged, upstreamChanged, verifyAgain }: Told,
  lease: Pick<RevocationLease, "renewedUntil" | "lost">,
): () => void {
  const reloadKeys = async () => {
    const before = kidsOf(keys);
    try {
      await keys.reload();
    } finally {
      // Also where it rejects, because it cannot open those that are there now.
      const kids = kidsOf(keys);
      if (before.some((kid) => !kids.includes(kid))) verifyAgain();
    }
  };
  const reloadingKeys = createReloading(reloadKeys, (cause) => {
    log.error("the signing keys could not be read again", { cause });
  });
  const reloadDisabled = async () => {
    if (await disabled.reload()) verifyAgain();
  };
  const reloadingDisabled = createReloading(reloadDisabled, (cause) => {
    log.error("which clients are disabled could not be read again", { cause });
  });

  const changed = (change: RemoteChange) => {
    switch (change.kind) {
      case "grant_revoked":
        return grantRevoked(change.id);
      case "person_changed":
        return personChanged(change.id);
      case "upstream_changed":
        return upstreamChanged(change.id);
      case "client_removed":
        return clients.invalidate(change.id);
      case "signing_keys":
        return reloadingKeys.request();
      case "client_disabled":
        disabled.changed(change.id, true);
        return verifyAgain();
      case "client_enabled":
        return disabled.changed(change.id, false);
      case "anything":
        clients.invalidateAll();
        reloadingDisabled.request();
        return reloadingKeys.request();
    }
  };

  const unfollow = followChanges({
    changed: (changes) => changes.forEach(changed),
    caughtUp: lease.renewedUntil,
    interrupted: lease.lost,
  });
  return () => {
    unfollow();
    reloadingKeys.stop();
    reloadingDisabled.stop();
  };
}

function kidsOf(keys: Followed["keys"]): readonly unknown[] {
  return keys.jwks().keys.map(({ kid }) => kid);
}

/** One reload at a time, each after what asked for it, and again where it fails. */
function createReloading(reload: () => Promise<void>, failed: (cause: unknown) => void) {
  let requested = false;
  let isRunning = false;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;

  const run = async () => {
    clearTimeout(retry);
    if (isRunning) return;
    isRunning = true;
    try {
      while (requested) {
        requested = false;
        await reload();
      }
    } catch (cause) {
      failed(cause);
      requested = true;
      if (!stopped) retry = setTimeout(run, RETRY_MS).unref();
    } finally {
      isRunning = false;
    }
  };

  return {
    request() {
      requested = true;
      void run();
    },
    stop() {
      stopped = true;
      clearTimeout(retry);
    },
  };
}
