import { OAuthError } from "../../../core/errors.ts";
import type { Store } from "../../../store/store.ts";
import type { ChangePassword, CheckPair } from "../method.ts";
import { createPasswordCheck, type PasswordParts } from "../password/check-password.ts";
import { type HashingQueue, hashingQueue } from "./hashing-queue.ts";
import { passwordHashOf } from "./password-hashing.ts";
import { passwordProblem } from "./password-rules.ts";

export type ChangePasswordParts = PasswordParts & {
  readonly store: Pick<Store, "saveCredential">;
  readonly clock: () => number;
  readonly appName: string;
  /** The process's own, unless a test has one. */
  readonly queue?: HashingQueue;
};

/** A person of the directory changes their own password. @param check of the directory */
export function createChangePassword(check: CheckPair, parts: ChangePasswordParts): ChangePassword {
  const { store, recorder, clock, appName, queue = hashingQueue } = parts;
  const checkPassword = createPasswordCheck(check, parts);
  return async ({ person, identity, current, next }, peer) => {
    const username = identity.subject;
    const checked = await checkPassword({ username, password: current }, undefined, peer);
    if ("refusal" in checked) {
      return checked.refusal.code === "access_denied"
        ? new OAuthError("access_denied", "The current password is wrong.")
        : checked.refusal;
    }
    const problem = await passwordProblem(next, [username, appName]);
    if (problem !== undefined) return new OAuthError("invalid_request", problem);
    const secret = await queue.run(() => passwordHashOf(next));
    const changed = recorder.prepare("credential.changed", { person: person.id, kind: "password" }, peer);
    const credential = { kind: "password", id: "", secret, createdAt: clock(), usedAt: null } as const;
    if (!(await store.saveCredential({ ...credential, personId: person.id }, changed.entry))) {
      return new OAuthError("access_denied", "Your account is no longer there, so nothing was changed.");
    }
    changed.log();
    return undefined;
  };
}
