import type { IdentityRecord } from "../../../store/people-records.ts";
import type { SignInMethod } from "../method.ts";
import { accountPassword } from "./account-password.ts";
import { createChangePassword } from "./change-password.ts";
import { createDirectoryCheck } from "./directory-check.ts";
import { inviteFirstPerson } from "./first-invitation.ts";
import { invitationRoute } from "./invitation.ts";
import { USERS } from "./usernames.ts";

/**
 * The built-in directory: people with a username and a password in Gatehouse's own database, whom the operator adds, invites or
 * imports with `gatehouse person`. Their ids are random.
 */
export function users(): SignInMethod {
  return {
    name: USERS,
    label: "your password",
    people: "own",
    isOneFactor: true,
    open(parts) {
      const check = createDirectoryCheck(parts);
      const hasPassword = async ({ personId }: Pick<IdentityRecord, "personId">) =>
        (await parts.store.findCredential(personId, "password")) !== undefined;
      return {
        label: parts.look.texts.login.labels.password,
        panel: { kind: "password", check },
        routes: [invitationRoute(parts)],
        proves: ({ method }) => method === USERS,
        account: accountPassword(createChangePassword(check, parts), hasPassword, parts.look),
        isUsable: hasPassword,
        hasResettablePasswords: true,
        started: (print) => inviteFirstPerson(parts, print),
      };
    },
  };
}
