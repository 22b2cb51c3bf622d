import {
  google,
  passkeys,
  type SignInMethod,
  users,
} from "../../../src/authorization-server/sign-in/index.ts";

/** A method of each kind: with each, a server has every route that sign-in methods can add. */
export function methodsOfEveryKind(): readonly SignInMethod[] {
  return [users(), passkeys(), google({ clientId: "gatehouse", clientSecret: "a secret of Google's" })];
}
