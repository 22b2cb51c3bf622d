import type { Grant, RevocationReason } from "../../core/grant.ts";
import type { Peer } from "../../http/peer.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Store } from "../../store/store.ts";
import type { Recorder } from "../recorder.ts";

/**
 * Revokes a grant, and with it the access tokens that this process let in. Once: later calls do nothing.
 * @returns whether it did now
 */
export type RevokeGrant = (
  grant: Pick<Grant, "id" | "clientId" | "clientName" | "person">,
  reason: RevocationReason,
  peer: Peer,
) => Promise<boolean>;

export function createRevokeGrant({
  store,
  clock,
  recorder,
  onGrantRevoked,
}: {
  readonly store: Pick<Store, "revokeGrant">;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** Tells the guard of this process. Other processes learn it from the store. */
  readonly onGrantRevoked: (grantId: string) => void;
}): RevokeGrant {
  return async (grant, reason, peer) => {
    const { id, clientId, clientName, person } = grant;
    const fields = { grant: id, client: clientId, client_name: clientName, person: person.id, reason };
    const { entry, log } = recorder.prepare("grant.revoked", fields, peer);
    const revoked = await store.revokeGrant(id, reason, clock(), entry);
    onGrantRevoked(id);
    if (revoked) log();
    return revoked;
  };
}
