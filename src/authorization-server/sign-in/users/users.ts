import type { Identity } from "../../../core/identity.ts";
import type { SignInMethod } from "../method.ts";

/** The built-in directory, as a sign-in method: people that the operator put there. */
export const USERS = { name: "users", people: "own" } as const satisfies Pick<
  SignInMethod,
  "name" | "people"
>;

/** How the directory knows a person. @param name as `readUsername` or `foldedName` hands it back */
export function usersIdentity(name: string): Identity {
  return { method: USERS.name, issuer: "", subject: name };
}
