import { accountPasswordSection } from "../../../pages/account/password.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { IdentityRecord } from "../../../store/people-records.ts";
import type { AccountPart } from "../account-part.ts";
import type { ChangePassword } from "./change-password.ts";
import { USERS } from "./usernames.ts";

/** The section in which a person of the directory changes their password. */
export function accountPassword(
  changePassword: ChangePassword,
  hasPassword: (identity: IdentityRecord) => Promise<boolean>,
  look: Look,
): AccountPart {
  const texts = look.texts.account.password;
  return {
    async section({ identities, canChange, form, problem }) {
      const identity = passwordOf(identities);
      if (!identity || !(await hasPassword(identity))) return undefined;
      return accountPasswordSection({
        look,
        username: identity.label,
        canChange,
        problem: problem?.message,
        form: (fields) => form("change_password", fields),
      });
    },
    actions: {
      async change_password({ current: { person, signIn: session }, identities, form, peer }) {
        const identity = passwordOf(identities);
        if (!identity) throw new PageError("invalid_request", ({ account }) => account.password.none);
        const next = form.get("new_password") ?? "";
        if (next !== (form.get("repeated_password") ?? "")) {
          return {
            kind: "refused",
            error: new PageError("invalid_request", ({ account }) => account.password.notTheSame),
          };
        }
        const current = form.get("current_password") ?? "";
        const refusal = await changePassword({ person, identity, session, current, next }, peer);
        return refusal ? { kind: "refused", error: refusal } : { kind: "done", notice: "password_changed" };
      },
    },
    notices: {
      password_changed: {
        text: texts.changed,
        changed: true,
      },
    },
  };
}

function passwordOf(identities: readonly IdentityRecord[]): IdentityRecord | undefined {
  return identities.find(({ method }) => method === USERS);
}
