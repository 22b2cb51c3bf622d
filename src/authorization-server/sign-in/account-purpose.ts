/** Why a person signs in who is at the account page, or was sent there. */
export type AccountPurpose = {
  /** To the account page, with nothing changed. */
  readonly accountUrl: string;
} & (
  | /** A change needs a new sign-in of the same person. */ (OfSignedIn & { readonly kind: "confirm" })
  | /** What this method proves is linked to them. */ (OfSignedIn & {
      readonly kind: "link";
      readonly method: string;
    })
  | /** Someone has a link to connect another service, which people call so. Whose it is, they are not told. */ {
      readonly kind: "connect";
      readonly label: string;
    }
);

type OfSignedIn = {
  /** Who is signed in, in words that they know themselves by. */
  readonly personName: string;
};
