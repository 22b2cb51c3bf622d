import { MAGIC_LINK } from "../../../config/sign-in/mail-options.ts";
import type { Identity } from "../../../core/identity.ts";
import type { Store } from "../../../store/store.ts";
import type { Proof } from "../method.ts";

/** @param mailbox as `readMailbox` hands it back */
export function mailIdentity(mailbox: string): Identity {
  return { method: MAGIC_LINK, issuer: "", subject: mailbox };
}

/**
 * What it proves that someone read a mail to this mailbox: this address, and no other one of the person's. Of a person whom the operator
 * added, the rest is what the operator said.
 */
export async function mailProof(
  mailbox: string,
  store: Pick<Store, "findByIdentity">,
  now: number,
): Promise<Proof> {
  const identity = mailIdentity(mailbox);
  const known = await store.findByIdentity(identity);
  const isSaid = known?.isSaidByOperator === true;
  const { id: _id, ...profile } = known?.person ?? { id: "" };
  const { name } = profile;
  return {
    identity,
    label: mailbox,
    personId: undefined,
    profile: { ...(isSaid ? profile : name !== undefined && { name }), email: mailbox },
    emails: [mailbox],
    // A mail says nothing of them, and must not take away what keeps a person out or asks them for a second factor.
    groups: known?.groups ?? [],
    claims: {},
    authenticatedAt: now,
    isOneFactor: true,
    upstream: undefined,
  };
}
