import { createHash } from "node:crypto";
import type { Clock } from "../../../platform/clock.ts";
import { randomDigits, randomSecret } from "../../../platform/random.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { MailedLink } from "../../../store/mail-store.ts";
import type { Store } from "../../../store/store.ts";

/** What a mail is about. It is kept sealed. */
export type About =
  | {
      readonly purpose: "sign_in";
      readonly mailbox: string;
      /** Why the person is at the sign-in page, sealed: it opens in the browser that began alone. */
      readonly visit: string;
    }
  | {
      readonly purpose: "address";
      readonly personId: string;
      /** The session that asked. */
      readonly session: string;
      readonly from: string;
      readonly to: string;
    };

/** A mail that can be used. */
export type Mailed = {
  /** How the row is found. It is no secret: nothing opens with it alone. */
  readonly id: string;
  readonly about: About;
  readonly createdAt: number;
  readonly triesLeft: number;
};

export type MailedLinks = {
  /**
   * Makes a link and a code, and keeps what is needed to know them again.
   * @param codes how many codes belong together: each of two addresses gets one, and only both count
   * @returns undefined where the person is gone
   */
  make<Codes extends readonly [string, ...string[]]>(
    about: About,
    codes: number,
  ): Promise<{ readonly id: string; readonly token: string; readonly codes: Codes } | undefined>;
  /** The mail whose link has this token. */
  findByToken(token: string): Promise<Mailed | undefined>;
  /** The mail with this id. */
  find(id: string): Promise<Mailed | undefined>;
  /**
   * Counts a try, and then compares. The mail is not used up by that.
   * @returns undefined where it was used, has ended, or had its tries
   */
  tryCodes(
    id: string,
    codes: readonly string[],
  ): Promise<{ readonly isRight: boolean; readonly mailed: Mailed } | undefined>;
  /** Uses it up. False where someone else did, or it has ended. @param by a link also ends with the last wrong code */
  use(id: string, by: "link" | "code"): Promise<boolean>;
};

export const MAIL_MINUTES = 10;
export const CODE_DIGITS = 6;
const MOST_TRIES = 5;

export type MailedLinksParts = {
  readonly store: Pick<Store, "addMailedLink" | "findMailedLink" | "countCodeTry" | "useMailedLink">;
  readonly keyring: Pick<Keyring, "mac" | "verifyMac" | "seal" | "open">;
  readonly clock: Clock;
  readonly issuer: string;
};

export function createMailedLinks({ store, keyring, clock, issuer }: MailedLinksParts): MailedLinks {
  const read = async (link: MailedLink | undefined): Promise<Mailed | undefined> => {
    const text = link && (await keyring.open("mailed-link", link.sealed));
    if (!link || text === undefined) return undefined;
    const { iss, about } = JSON.parse(text) as { readonly iss: string; readonly about: About };
    const triesLeft = Math.max(0, MOST_TRIES - link.tries);
    return iss === issuer ? { id: link.hash, about, createdAt: link.createdAt, triesLeft } : undefined;
  };
  // Of this mail alone: one who can write to the database cannot move a code to another mail.
  const macOf = (id: string, codes: readonly string[]) => JSON.stringify([id, ...codes]);

  return {
    async make<Codes extends readonly [string, ...string[]]>(about: About, count: number) {
      const token = randomSecret();
      const id = idOf(token);
      const codes = Array.from({ length: count }, () => randomDigits(CODE_DIGITS));
      const now = clock();
      const isKept = await store.addMailedLink({
        hash: id,
        purpose: about.purpose,
        personId: about.purpose === "address" ? about.personId : null,
        codeMac: keyring.mac("mailed-code", macOf(id, codes)),
        tries: 0,
        sealed: await keyring.seal("mailed-link", JSON.stringify({ iss: issuer, about })),
        createdAt: now,
        expiresAt: now + MAIL_MINUTES * 60 * 1000,
      });
      return isKept ? { id, token, codes: codes as unknown as Codes } : undefined;
    },
    findByToken: async (token) => read(await store.findMailedLink(idOf(token), clock())),
    find: async (id) => read(await store.findMailedLink(id, clock())),
    async tryCodes(id, codes) {
      // First, so that a thousand tries at once are five.
      const link = await store.countCodeTry({ hash: id, most: MOST_TRIES, now: clock() });
      const mailed = await read(link);
      if (!link || !mailed) return undefined;
      return { isRight: keyring.verifyMac("mailed-code", macOf(id, codes), link.codeMac), mailed };
    },
    use(id, by) {
      const tries = by === "code" ? MOST_TRIES : MOST_TRIES - 1;
      return store.useMailedLink({ hash: id, tries, now: clock() });
    },
  };
}

/** The digits of a code as a person typed it, with spaces or in another script's width; undefined for anything else. */
export function readCode(typed: string | undefined): string | undefined {
  const digits = (typed ?? "").slice(0, 100).normalize("NFKC").replace(/[\s-]/g, "");
  return digits.length === CODE_DIGITS && /^\d+$/.test(digits) ? digits : undefined;
}

/** The token is 256 random bits, so a plain hash cannot be turned back. */
function idOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
