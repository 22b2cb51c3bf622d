import type { Grant, RevocationReason } from "../../core/grant.ts";
import type { Peer } from "../../http/peer.ts";
import type { Deps } from "../deps.ts";

/** Revokes a grant and tells this process's guard, so that its access tokens end with it. Once: later calls do nothing. */
export async function revokeGrant(
  grant: Pick<Grant, "id" | "clientId" | "person">,
  reason: RevocationReason,
  { store, clock, recorder, onGrantRevoked }: Pick<Deps, "store" | "clock" | "recorder" | "onGrantRevoked">,
  peer: Peer,
): Promise<void> {
  const fields = { grant: grant.id, client: grant.clientId, person: grant.person.id, reason };
  const { entry, log } = recorder.prepare("grant.revoked", fields, peer);
  const revoked = await store.revokeGrant(grant.id, reason, clock(), entry);
  onGrantRevoked(grant.id);
  if (revoked) log();
}
