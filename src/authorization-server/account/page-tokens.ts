import { urlOf } from "../../http/route.ts";
import type { AccountNotice } from "../../pages/account-notices.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { CurrentSignIn } from "../people/browser-binding.ts";
import { ACCOUNT_PATH } from "../sign-in/account-path.ts";

/**
 * What each form of the account page carries beside the cookie, and where a cookie goes to other programs as well, each link
 * to the page too. It is sealed, and good for one session for an hour: one who has the cookie alone has nothing,
 * and neither has another site.
 */
export type PageTokens = {
  seal(current: Of, notice?: AccountNotice): Promise<string>;
  /** Undefined where the text is no token of this session, or is over time. */
  open(text: string | undefined, current: Of): Promise<PageToken | undefined>;
  /** The page's address, with what it says first; for no one in particular, the address alone. */
  urlFor(current: Of | undefined, notice?: AccountNotice): Promise<string>;
};

/** The session. */
type Of = Pick<CurrentSignIn, "signIn">;

export type PageToken = {
  /** What the page says first. Sealed, so that a link of another site cannot make it say something. */
  readonly notice?: AccountNotice | undefined;
};

type Sealed = PageToken & {
  /** Random, and of one person and one server: it stands for both. */
  readonly session: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
};

export type PageTokensParts = {
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly issuer: string;
};

/** The field of a form, and the parameter of a link. */
export const PAGE_TOKEN = "page_token";

const LABEL = "account-page";
const PAGE_SECONDS = 60 * 60;

export function createPageTokens({ keyring, clock, issuer }: PageTokensParts): PageTokens {
  const seal: PageTokens["seal"] = ({ signIn }, notice) => {
    const endsAt = clock() + PAGE_SECONDS * 1000;
    const sealed: Sealed = { session: signIn, endsAt, notice };
    return keyring.seal(LABEL, JSON.stringify(sealed));
  };
  return {
    seal,
    async open(text, { signIn }) {
      const opened = text === undefined ? undefined : await keyring.open(LABEL, text);
      if (opened === undefined) return undefined;
      const { notice, ...sealed } = JSON.parse(opened) as Sealed;
      return sealed.session === signIn && clock() < sealed.endsAt ? { notice } : undefined;
    },
    // With a fragment of its own: a redirect without one keeps that of the link (RFC 9110 §10.2.2).
    async urlFor(current, notice) {
      const query = current ? `?${PAGE_TOKEN}=${encodeURIComponent(await seal(current, notice))}` : "";
      return `${urlOf(issuer, ACCOUNT_PATH)}${query}#top`;
    },
  };
}
