/** What can go wrong between here and a provider. The page has a sentence for each. */
export const SIGN_IN_PROBLEMS = [
  "cancelled",
  "no_answer",
  "wrong_answer",
  "sign_in_is_old",
  "other_organization",
  "unusable_account",
  "too_large",
  "server_down",
  "unknown_passkey",
  "may_be_copied",
] as const;
export type SignInProblem = (typeof SIGN_IN_PROBLEMS)[number];
