import type { AuditEntry } from "../core/events.ts";
import type { Identity } from "../core/identity.ts";
import type { OneTimeLink, PersonRecord } from "./people-records.ts";

/** Mails with a code, and what they confirm. Part of {@link Store}, under its contract. */
export type MailStore = {
  /**
   * Keeps a mail that is about to be sent. One of a person ends an older one of theirs for the same purpose. False, and nothing is
   * written, where its person is gone.
   */
  addMailedLink(link: MailedLink): Promise<boolean>;
  findMailedLink(hash: string, now: number): Promise<MailedLink | undefined>;
  /** Counts a try of the code, before it is compared. Undefined, and nothing is written, where `most` were counted before, or it has ended. */
  countCodeTry(tried: {
    readonly hash: string;
    readonly most: number;
    readonly now: number;
  }): Promise<MailedLink | undefined>;
  /** Uses it up, once: whether by the link or by the code. False where it was used, has ended, or more than `tries` were counted. */
  useMailedLink(use: {
    readonly hash: string;
    readonly tries: number;
    readonly now: number;
  }): Promise<boolean>;
  /**
   * Of whom the operator says that they have this address, in lower case, and who is not disabled. It reads every person: for what is
   * asked for seldom, and within limits.
   */
  findByAddress(address: string, limit: number): Promise<readonly PersonRecord[]>;
  /**
   * Keeps a link for a new password that is about to be mailed to this address; an older mailed one of the person ends. False, and nothing
   * is written, where the person is gone, disabled, or has no password, or the address is not theirs: neither linked to them, nor one that
   * the operator says.
   * @param emails of whose list it is one, as it was read; undefined where it is linked only
   */
  addMailedPasswordLink(
    added: {
      readonly link: OneTimeLink & { readonly personId: string };
      readonly identity: Identity;
      readonly emails: readonly string[] | undefined;
    },
    entry: AuditEntry<"person.invited">,
  ): Promise<boolean>;
  /**
   * A person has another address from now on: uses up the mail that confirmed it, and puts the new identity in the place of the old one,
   * and the addresses of the person, in one commit. Links for a new password, which went to the old address, end. False, and nothing is
   * written, where the mail was used, the session is over, the person has other addresses by now, or the new one is taken.
   */
  changeAddress(change: AddressChange, entry: AuditEntry<"address.changed">): Promise<boolean>;
};

/** A mail with a code, and most with a link too: what is kept of it while it can be used. */
export type MailedLink = {
  /** Of the secret in the link. */
  readonly hash: string;
  readonly purpose: "sign_in" | "address";
  /** Null where the mail itself is to prove who it is. */
  readonly personId: string | null;
  readonly codeMac: string;
  /** How often a code was tried. */
  readonly tries: number;
  /** What it is about: addresses, and why they are here. */
  readonly sealed: string;
  readonly createdAt: number;
  readonly expiresAt: number;
};

export type AddressChange = {
  /** Of the mail. */
  readonly hash: string;
  readonly personId: string;
  /** The session in which they change it. */
  readonly session: string;
  /** Undefined where no identity of theirs is the old address. */
  readonly from: Identity | undefined;
  readonly to: Identity;
  readonly label: string;
  /** As it was read, and as it is to be. */
  readonly before: Pick<PersonRecord, "person" | "emails" | "groups">;
  readonly after: Pick<PersonRecord, "person" | "emails" | "groups">;
  readonly now: number;
};
