import {
  google,
  magicLink,
  passkeys,
  type SignInMethod,
  saml,
  users,
} from "../../../src/authorization-server/sign-in/index.ts";
import { metadataOf } from "./saml-idp.ts";

/** The names of those that have paths of their own. */
export const NAMES_IN_PATHS: readonly string[] = ["google", "acme", "globex"];

/** A method of each kind: with each, a server has every route that sign-in methods can add. */
export function methodsOfEveryKind(): readonly SignInMethod[] {
  const companies = ["acme", "globex"].map((name) =>
    saml({ name, domains: [`${name}.com`], metadata: metadataOf({ entityId: `https://idp.${name}.com` }) }),
  );
  return [
    users(),
    magicLink({ send() {}, from: "no-reply@example.com" }),
    passkeys(),
    google({ clientId: "gatehouse", clientSecret: "a secret of Google's" }),
    ...companies,
  ];
}
