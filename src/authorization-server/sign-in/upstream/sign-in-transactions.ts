import {
  type About,
  createTransactions,
  type TransactionParts,
  type Transactions,
} from "../../code-flow/transactions.ts";

/** What a sign-in carries while the person is at the provider. */
export type OfSignIn = About & {
  /** Why the person is here, sealed. */
  readonly visit: string;
  readonly wantsAnotherAccount: boolean;
};

export type SignInTransactions = Transactions<OfSignIn>;

export function createSignInTransactions(parts: TransactionParts): SignInTransactions {
  return createTransactions({ label: "upstream-sign-in", cookies: "gatehouse-sign-in-" }, parts);
}
