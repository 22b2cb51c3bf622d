/** What the account page can say first, after a change or instead of one. */
export const ACCOUNT_NOTICES = {
  signed_in_again: "You signed in again. Now you can make your change.",
  session_ended: "The session is ended.",
  session_not_there: "That session had ended already.",
  signed_out_elsewhere: "You are signed out everywhere else.",
  identity_linked: "You can now sign in this way too.",
  not_linked: "Nothing was linked.",
  link_expired: "You were asked more than ten minutes ago, so nothing was linked. Link it again.",
  identity_removed:
    "You can no longer sign in this way. Sessions that began with it stay until you end them.",
  identity_not_there: "That way to sign in was removed already.",
  last_identity: "This is the last way in that works here, so it was not removed. Link another one first.",
  password_changed:
    "Your password is changed, and you are signed out everywhere else. Your apps stay connected: to disconnect them, sign out everywhere.",
} as const;

export type AccountNotice = keyof typeof ACCOUNT_NOTICES;

/** Those that say that nothing was changed. */
export const UNCHANGED: ReadonlySet<AccountNotice> = new Set([
  "session_not_there",
  "not_linked",
  "link_expired",
  "identity_not_there",
  "last_identity",
]);
