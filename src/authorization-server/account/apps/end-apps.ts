import type { Params } from "../../../core/params.ts";
import type { Peer } from "../../../http/peer.ts";
import type { AccountNotice } from "../../../pages/account/notices.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Store } from "../../../store/store.ts";
import type { CurrentSignIn } from "../../people/browser-binding.ts";
import type { Recorder } from "../../recorder.ts";
import type { RevokeGrant } from "../../tokens/revoke-grant.ts";

export type EndAppsParts = {
  readonly store: Pick<Store, "listGrants" | "revokePersonsGrants">;
  readonly revokeGrant: RevokeGrant;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Told of each grant that ends. */
  readonly onGrantRevoked: (grantId: string) => void;
};

type EndApp = { readonly form: Params; readonly current: CurrentSignIn; readonly peer: Peer };

/** Ends the grant that a form names, where it is the person's. @returns what the page says then */
export async function endApp(
  { form, current, peer }: EndApp,
  { store, revokeGrant, clock }: EndAppsParts,
): Promise<AccountNotice> {
  // By person and grant: one of someone else, or of a program, is answered like one that is not there.
  const [grant] = await store.listGrants({
    personId: current.person.id,
    isPersons: true,
    ids: [form.get("grant") ?? ""],
    liveAt: clock(),
  });
  return grant && (await revokeGrant(grant, "person", peer)) ? "app_ended" : "app_not_there";
}

/** Ends all grants of the person, also those that are on no page yet. */
export async function endAllApps(
  { current, peer }: EndApp,
  { store, recorder, clock, onGrantRevoked }: EndAppsParts,
): Promise<AccountNotice> {
  const personId = current.person.id;
  const now = clock();
  const grants = await store.listGrants({ personId, isPersons: true, liveAt: now });
  if (grants.length === 0) return "no_apps";
  const { entry, log } = recorder.prepare("grant.revoked", { person: personId, reason: "person" }, peer);
  await store.revokePersonsGrants(personId, "person", now, entry);
  log();
  // This process hears of it at once, the others with the change.
  for (const { id } of grants) onGrantRevoked(id);
  return "apps_ended";
}
