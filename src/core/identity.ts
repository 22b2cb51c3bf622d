/** How one sign-in method knows a person. No two people have the same. */
export type Identity = {
  /** The kind of method: `password`, `users`, `oidc`, `github`. */
  readonly method: string;
  /** Who says the subject; "" for our own. */
  readonly issuer: string;
  /** Unique at the issuer, and never given to someone else. */
  readonly subject: string;
};
