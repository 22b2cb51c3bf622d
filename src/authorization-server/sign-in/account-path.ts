/** Where the account page is, below the issuer. */
export const ACCOUNT_PATH = "/account";
