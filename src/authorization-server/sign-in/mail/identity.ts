import { MAGIC_LINK } from "../../../config/sign-in/mail-options.ts";
import type { Identity } from "../../../core/identity.ts";
import type { Store } from "../../../store/store.ts";
import type { Proof } from "../method.ts";
import { USERS } from "../users/usernames.ts";

/** @param mailbox as `readMailbox` hands it back */
export function mailIdentity(mailbox: string): Identity {
  return { method: MAGIC_LINK, issuer: "", subject: mailbox };
}

/**
 * What it proves that someone read a mail to this mailbox. Of a person whom the operator put in the directory, the name, the groups and the
 * other addresses stay: a mail says nothing of them.
 */
export async function mailProof(
  mailbox: string,
  store: Pick<Store, "findByIdentity" | "listIdentities">,
  now: number,
): Promise<Proof> {
  const identity = mailIdentity(mailbox);
  const known = await store.findByIdentity(identity);
  const identities = known ? await store.listIdentities(known.person.id) : [];
  const isOfDirectory = identities.some(({ method }) => method === USERS);
  const { id: _id, ...profile } = known?.person ?? { id: "" };
  const { name } = profile;
  return {
    identity,
    label: mailbox,
    personId: undefined,
    profile: { ...(isOfDirectory ? profile : name !== undefined && { name }), email: mailbox },
    emails: [...new Set([mailbox, ...(isOfDirectory ? (known?.emails ?? []) : [])])],
    groups: isOfDirectory ? (known?.groups ?? []) : [],
    claims: {},
    authenticatedAt: now,
    isOneFactor: true,
    upstream: undefined,
  };
}
