/** What the page says first. */
export type Notice = {
  readonly text: string;
  /** False where it says that nothing was changed. */
  readonly changed: boolean;
};

/** What the account page itself can say first, after a change or instead of one. The parts of methods have notices of their own. */
export const ACCOUNT_NOTICES = {
  signed_in_again: { text: "You signed in again. Now you can make your change.", changed: true },
  session_ended: { text: "The session is ended.", changed: true },
  session_not_there: { text: "That session had ended already.", changed: false },
  signed_out_elsewhere: { text: "You are signed out everywhere else.", changed: true },
  identity_linked: { text: "You can now sign in this way too.", changed: true },
  not_linked: { text: "Nothing was linked.", changed: false },
  link_expired: {
    text: "You were asked more than ten minutes ago, so nothing was linked. Link it again.",
    changed: false,
  },
  identity_removed: {
    text: "You can no longer sign in this way. Sessions that began with it stay until you end them.",
    changed: true,
  },
  identity_not_there: { text: "That way to sign in was removed already.", changed: false },
  last_identity: {
    text: "This is the last way in that works here, so it was not removed. Link another one first.",
    changed: false,
  },
} as const satisfies Readonly<Record<string, Notice>>;

export type AccountNotice = keyof typeof ACCOUNT_NOTICES;

export function isAccountNotice(name: string): name is AccountNotice {
  return Object.hasOwn(ACCOUNT_NOTICES, name);
}
