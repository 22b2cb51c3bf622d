import type { Look } from "../look.ts";

/** What the page says first. */
export type Notice = {
  readonly text: string;
  /** False where it says that nothing was changed. */
  readonly changed: boolean;
};

/**
 * What the account page itself can say first, after a change (true) or instead of one. The parts of methods have notices of their
 * own.
 */
const NOTICES = {
  signed_in_again: true,
  session_ended: true,
  session_not_there: false,
  signed_out_elsewhere: true,
  identity_linked: true,
  not_linked: false,
  link_expired: false,
  identity_removed: true,
  identity_not_there: false,
  last_identity: false,
} as const;

export type AccountNotice = keyof typeof NOTICES;

export function isAccountNotice(name: string): name is AccountNotice {
  return Object.hasOwn(NOTICES, name);
}

export function accountNotice(name: AccountNotice, { texts }: Pick<Look, "texts">): Notice {
  return { text: texts.account.notices[name], changed: NOTICES[name] };
}
