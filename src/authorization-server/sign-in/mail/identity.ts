import { MAGIC_LINK } from "../../../config/sign-in/mail-options.ts";
import type { Identity } from "../../../core/identity.ts";
import type { Store } from "../../../store/store.ts";
import type { NamedMethod, Proof } from "../method.ts";
import { asOtherWays, hasTellingWay, type SaidElsewhere } from "../other-ways.ts";

/** @param mailbox as `readMailbox` hands it back */
export function mailIdentity(mailbox: string): Identity {
  return { method: MAGIC_LINK, issuer: "", subject: mailbox };
}

export type MailProofParts = {
  readonly store: Pick<Store, "findByIdentity" | "listIdentities">;
  readonly methods: () => readonly NamedMethod[];
};

/**
 * What it proves that someone read a mail to this mailbox, and as whose it counts for `admit`. A mail says nothing of a person beside
 * the address: of one who has other ways in, what those said stays.
 */
export async function mailProof(
  mailbox: string,
  parts: MailProofParts,
  now: number,
): Promise<{ readonly proof: Proof; readonly people: SaidElsewhere["people"] }> {
  const identity = mailIdentity(mailbox);
  const { people, said } = await saidOf(identity, parts);
  const proof: Proof = {
    ...said,
    identity,
    label: mailbox,
    personId: undefined,
    profile: { ...said.profile, email: mailbox },
    emails: [...new Set([mailbox, ...said.emails])],
    authenticatedAt: now,
    isOneFactor: true,
    upstream: undefined,
  };
  return { proof, people };
}

async function saidOf(identity: Identity, { store, methods }: MailProofParts): Promise<SaidElsewhere> {
  const known = await store.findByIdentity(identity);
  const identities = known ? await store.listIdentities(known.person.id) : [];
  if (known && hasTellingWay(identities)) {
    return asOtherWays(known, identities, methods());
  }
  const name = known?.person.name;
  return {
    people: "public",
    said: { profile: name === undefined ? {} : { name }, emails: [], groups: [], claims: {} },
  };
}
