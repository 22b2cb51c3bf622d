import type { RevocationReason } from "../core/grant.ts";
import type { Deps } from "./deps.ts";

/** Revokes a grant and tells this process's guard, so that its access tokens end with it. Once: later calls do nothing. */
export async function endGrant(
  grantId: string,
  reason: RevocationReason,
  { store, clock, log, onGrantRevoked }: Pick<Deps, "store" | "clock" | "log" | "onGrantRevoked">,
): Promise<void> {
  const revoked = await store.revokeGrant(grantId, reason, clock());
  onGrantRevoked(grantId);
  if (revoked) log.event("grant.revoked", { grant: grantId, reason });
}
