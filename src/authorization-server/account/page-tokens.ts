import { urlOf } from "../../http/route.ts";
import type { AccountNotice } from "../../pages/account/notices.ts";
import type { PartName } from "../../pages/account/values.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { CurrentSignIn } from "../people/browser-binding.ts";
import { ACCOUNT_PATH } from "../sign-in/account-path.ts";
import type { ProposedLink } from "../sign-in/goals.ts";

/**
 * What each form of the account page carries beside the cookie, and where a cookie goes to other programs as well, each link
 * to the page too. It is sealed, and good for one session for an hour: one who has the cookie alone has nothing,
 * and neither has another site.
 */
export type PageTokens = {
  seal(current: Of): Promise<string>;
  /** Undefined where the text is no token of this session, or is over time. */
  open(text: string | undefined, current: Of): Promise<PageToken | undefined>;
  /**
   * The page's address, with what it says first; for no one in particular, the address alone.
   * @param at.path of another page of the account
   * @param at.anchor the id of where to open it
   */
  urlFor(
    current: Of | undefined,
    notice?: AccountNotice | PartName,
    at?: { readonly path?: string; readonly anchor?: string | undefined },
  ): Promise<string>;
  /** The address of another page of the account. */
  linkTo(current: Of, path: string, params?: Readonly<Record<string, string>>): Promise<string>;
  /** The page's address, where it asks first whether to link this. Its token is good for ten minutes. */
  urlToAsk(current: Of, proposed: ProposedLink): Promise<string>;
};

/** The session. */
type Of = Pick<CurrentSignIn, "signIn">;

export type PageToken = {
  /** What the page says first. Sealed, so that a link of another site cannot make it say something. */
  readonly notice?: AccountNotice | PartName | undefined;
  /** What the page asks whether to link: the one thing that a click on "Link" with this token links. */
  readonly proposed?: ProposedLink | undefined;
};

type Sealed = Pick<PageToken, "notice"> & {
  /** Random, and of one person and one server: it stands for both. */
  readonly session: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
  readonly proposed?: ProposedLink & { readonly at: number };
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
const QUESTION_SECONDS = 10 * 60;

export function createPageTokens({ keyring, clock, issuer }: PageTokensParts): PageTokens {
  const sealWith = ({ signIn }: Of, more: Pick<Sealed, "notice" | "proposed">) => {
    const sealed: Sealed = { session: signIn, endsAt: clock() + PAGE_SECONDS * 1000, ...more };
    return keyring.seal(LABEL, JSON.stringify(sealed));
  };
  // With a fragment of its own: a redirect without one keeps that of the link (RFC 9110 §10.2.2).
  const urlWith = (
    token: string | undefined,
    { path = ACCOUNT_PATH, anchor = "top" }: Parameters<PageTokens["urlFor"]>[2] = {},
  ) =>
    `${urlOf(issuer, path)}${token === undefined ? "" : `?${PAGE_TOKEN}=${encodeURIComponent(token)}`}#${anchor}`;
  return {
    seal: (current) => sealWith(current, {}),
    async open(text, { signIn }) {
      const opened = text === undefined ? undefined : await keyring.open(LABEL, text);
      if (opened === undefined) return undefined;
      const { notice, proposed, session, endsAt } = JSON.parse(opened) as Sealed;
      const now = clock();
      if (session !== signIn || now >= endsAt) return undefined;
      if (!proposed) return { notice };
      const { at, ...link } = proposed;
      return now < at + QUESTION_SECONDS * 1000 ? { proposed: link } : { notice: "link_expired" };
    },
    urlFor: async (current, notice, at) => urlWith(current && (await sealWith(current, { notice })), at),
    linkTo: async (current, path, params = {}) =>
      `${urlOf(issuer, path)}?${new URLSearchParams({ ...params, [PAGE_TOKEN]: await sealWith(current, {}) })}`,
    urlToAsk: async (current, proposed) =>
      urlWith(await sealWith(current, { proposed: { ...proposed, at: clock() } })),
  };
}
