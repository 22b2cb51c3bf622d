import { readMailbox } from "../../../core/email-address.ts";
import { OAuthError } from "../../../core/errors.ts";
import type { Person } from "../../../core/person.ts";
import type { Peer } from "../../../http/peer.ts";
import { accountAddressSection, confirmAddressSection } from "../../../pages/account/address.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError, type Says } from "../../../pages/page-error.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { IdentityRecord, PersonRecord } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import type { AccountPart, AskedOfPart, PartAnswer } from "../account-part.ts";
import type { Admit, SignInMethod } from "../method.ts";
import { refusalOnly } from "./address-form.ts";
import { type DeliveryParts, deliver, recordRefused, recordSlowed } from "./deliver.ts";
import { mailIdentity } from "./identity.ts";
import type { Counted, MailLimits } from "./mail-limits.ts";
import { newAddressMail, oldAddressMail } from "./mail-texts.ts";
import { type About, type MailedLinks, readCode } from "./mailed-links.ts";
import type { Mailer } from "./mailer.ts";

export type AccountAddressParts = DeliveryParts & {
  readonly method: Pick<SignInMethod, "name" | "people">;
  readonly mailer: Mailer;
  readonly links: MailedLinks;
  readonly limits: MailLimits;
  readonly admit: Admit;
  readonly store: Pick<Store, "findPerson" | "findByIdentity" | "changeAddress">;
  readonly clock: Clock;
  readonly look: Look;
  readonly onPersonChanged: (personId: string) => void;
};

/** A change that waits for the codes of both addresses. */
type Pending = {
  readonly mail: string;
  readonly from: string;
  readonly to: string;
  readonly problem?: string | undefined;
};

/**
 * The section in which a person changes their address: a code goes to the old address and one to the new one, and only both
 * together change anything. So one who has the session alone, or the new mailbox alone, changes nothing.
 */
export function accountAddress(parts: AccountAddressParts): AccountPart {
  const { look } = parts;
  const texts = look.texts.account.address;
  return {
    async section({ person, identities, canChange, form, problem, shown }) {
      const address = await addressOf(person, identities, parts);
      if (address === undefined) return undefined;
      const pending = shown as Pending | undefined;
      if (pending) {
        return confirmAddressSection({
          look,
          ...pending,
          isPrinted: parts.mailer.isPrinted,
          problem: pending.problem,
          confirm: (fields) => form("confirm_address", fields),
          cancel: (fields) => form("cancel", fields),
        });
      }
      return accountAddressSection({
        look,
        address,
        canChange,
        problem: problem?.message,
        change: (fields) => form("change_address", fields),
      });
    },
    actions: {
      change_address: (asked) => change(asked, parts),
      confirm_address: (asked) => confirm(asked, parts),
      cancel: async () => ({ kind: "done", notice: "cancelled" }),
    },
    notices: {
      cancelled: { text: texts.cancelled, changed: false },
      address_changed: { text: texts.changed, changed: true },
    },
  };
}

/** The linked one; of a person whom the operator added, without one, the first that the operator gave. */
async function addressOf(
  { id }: Pick<Person, "id">,
  identities: readonly IdentityRecord[],
  { method, store }: Pick<AccountAddressParts, "method" | "store">,
): Promise<string | undefined> {
  const linked = identities.find((identity) => identity.method === method.name);
  if (linked) return linked.subject;
  const record = await store.findPerson(id);
  if (!record?.isSaidByOperator) return undefined;
  return record.emails.map(readMailbox).find((mailbox) => mailbox !== undefined);
}

async function change(asked: AskedOfPart, parts: AccountAddressParts): Promise<PartAnswer> {
  const { current, identities, form, peer } = asked;
  const { links, look } = parts;
  const from = await addressOf(current.person, identities, parts);
  if (from === undefined) return refused("invalid_request", ({ account }) => account.address.none);
  const to = readMailbox(form.get("new_address") ?? "");
  if (to === undefined) return refused("invalid_request", ({ mail }) => mail.problems.typeAddress);
  if (to === from) return refused("invalid_request", ({ account }) => account.address.isYours);
  const counted = await countBoth(from, to, peer, parts);
  if (counted instanceof OAuthError) return { kind: "refused", error: counted };
  const about: About = {
    purpose: "address",
    personId: current.person.id,
    session: current.signIn,
    from,
    to,
  };
  const made = await links.make<readonly [string, string]>(about, 2);
  if (!made) return refused("access_denied", ({ account }) => account.password.signedOut);
  const [oldCode, newCode] = made.codes;
  const mails = [
    [from, oldAddressMail(look, { code: oldCode, to })],
    [to, newAddressMail(look, { code: newCode })],
  ] as const;
  for (const [index, [mailbox, mail]] of mails.entries()) {
    const outcome = await deliver({ purpose: "address", mailbox }, mail, peer, parts);
    if (outcome === "sent") continue;
    await links.use(made.id, "code");
    // Those that went out, or may have, count.
    const notSent = counted.slice(outcome === "not_sent" ? index : index + 1);
    await Promise.all(notSent.map((one) => one.giveBack()));
    return refused("temporarily_unavailable", ({ account }) => account.address.notSent);
  }
  return { kind: "show", shown: { mail: made.id, from, to } satisfies Pending };
}

/** Counts a mail to each address; where one is not to be had, neither counts. */
async function countBoth(
  from: string,
  to: string,
  peer: Peer,
  parts: AccountAddressParts,
): Promise<readonly Counted[] | OAuthError> {
  const counted: Counted[] = [];
  for (const mailbox of [from, to]) {
    const one = await parts.limits.beginMail(mailbox, peer.address).catch(refusalOnly);
    if (one instanceof OAuthError) {
      await recordSlowed({ purpose: "address", mailbox }, one, peer, parts);
      for (const before of counted) await before.giveBack();
      return one;
    }
    counted.push(one);
  }
  return counted;
}

async function confirm(asked: AskedOfPart, parts: AccountAddressParts): Promise<PartAnswer> {
  const { current, form, peer } = asked;
  const { links, limits, look } = parts;
  const texts = look.texts.account.address;
  const mailed = await links.find(form.get("mail") ?? "");
  const about = mailed?.about;
  if (
    !mailed ||
    mailed.triesLeft === 0 ||
    about?.purpose !== "address" ||
    about.personId !== current.person.id ||
    about.session !== current.signIn
  ) {
    return refused("access_denied", OVER);
  }
  const { from, to } = about;
  const again = (problem: string): PartAnswer => ({
    kind: "show",
    shown: { mail: mailed.id, from, to, problem } satisfies Pending,
    status: 400,
  });
  const codes = [readCode(form.get("old_code")), readCode(form.get("new_code"))];
  const [oldCode, newCode] = codes;
  if (oldCode === undefined || newCode === undefined) return again(texts.typeBothCodes);
  const of = { purpose: "address", mailbox: from } as const;
  const counted = await limits.beginTry(from, peer.address).catch(refusalOnly);
  if (counted instanceof OAuthError) {
    await recordSlowed(of, counted, peer, parts);
    return { kind: "refused", error: counted };
  }
  const tried = await links.tryCodes(mailed.id, [oldCode, newCode]);
  if (!tried) return refused("access_denied", OVER);
  if (!tried.isRight) {
    await recordRefused(of, "a code is wrong", peer, parts);
    return tried.mailed.triesLeft > 0 ? again(texts.wrongCode) : refused("access_denied", OVER);
  }
  await counted.giveBack();
  return confirmed(mailed.id, about, asked, parts);
}

const OVER: Says = ({ account }) => account.address.over;

/** Both codes were right. */
async function confirmed(
  mail: string,
  { from, to }: Pick<Pending, "from" | "to">,
  { current, identities, peer }: AskedOfPart,
  { store, admit, method, recorder, clock, onPersonChanged }: AccountAddressParts,
): Promise<PartAnswer> {
  const { id } = current.person;
  const before = await store.findPerson(id);
  if (!before) return refused("access_denied", OVER);
  const after = withAddress(before, from, to);
  // As when it signs in: alone. Another address of theirs must not let this one in.
  const proof = { emails: [to], groups: before.isSaidByOperator ? before.groups : [], claims: {} };
  if ((await admit(method, proof, after.person, undefined)) !== "admitted") {
    return refused("access_denied", ({ account }) => account.address.notAdmitted);
  }
  const linked = identities.find((one) => one.method === method.name && one.subject === from);
  const { entry, log } = recorder.prepare("address.changed", { person: id }, peer);
  const isChanged = await store.changeAddress(
    {
      hash: mail,
      personId: id,
      session: current.signIn,
      from: linked,
      to: mailIdentity(to),
      label: to,
      before,
      after,
      now: clock(),
    },
    entry,
  );
  if (isChanged) {
    log();
    onPersonChanged(id);
    return { kind: "done", notice: "address_changed" };
  }
  // Only one who reads the mail of the new address gets here, so this tells no one else.
  return (await store.findByIdentity(mailIdentity(to)))
    ? refused("access_denied", ({ account }) => account.address.taken)
    : refused("access_denied", OVER);
}

/** The address in the place of the other one. What the operator said changes only where the code went to one of those addresses. */
function withAddress(
  { person, emails, groups, isSaidByOperator }: PersonRecord,
  from: string,
  to: string,
): Pick<PersonRecord, "person" | "emails" | "groups"> {
  if (isSaidByOperator && !emails.some((one) => readMailbox(one) === from)) return { person, emails, groups };
  const others = emails.filter((one) => ![from, to].includes(readMailbox(one) ?? ""));
  const isTheirs = person.email === undefined || readMailbox(person.email) === from;
  return { person: { ...person, ...(isTheirs && { email: to }) }, emails: [to, ...others], groups };
}

function refused(
  code: "invalid_request" | "access_denied" | "temporarily_unavailable",
  says: Says,
): PartAnswer {
  return { kind: "refused", error: new PageError(code, says) };
}
