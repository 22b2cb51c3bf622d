import type { OAuthError } from "../../../core/errors.ts";
import type { Identity } from "../../../core/identity.ts";
import type { Person } from "../../../core/person.ts";
import type { Peer } from "../../../http/peer.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { Store } from "../../../store/store.ts";
import type { CheckPair } from "../method.ts";
import { createPasswordCheck, type PasswordParts } from "../password/check-password.ts";
import { type HashingQueue, hashingQueue } from "./hashing-queue.ts";
import { passwordHashOf } from "./password-hashing.ts";
import { passwordProblem } from "./password-rules.ts";

export type ChangePasswordParts = PasswordParts & {
  readonly store: Pick<Store, "changePassword">;
  readonly clock: () => number;
  readonly look: Look;
  /** The process's own, unless a test has one. */
  readonly queue?: HashingQueue;
};

/**
 * Changes the password of a person of the directory, where the current one is right. Wrong ones are counted like those of a
 * sign-in. With it, the person's sessions end, all but this one. The change has the entry `credential.changed`.
 * @returns why nothing was changed, in words for the person; undefined where it was
 */
export type ChangePassword = (
  change: {
    readonly person: Person;
    readonly identity: Identity;
    /** The session in which they change it. */
    readonly session: string;
    readonly current: string;
    readonly next: string;
  },
  peer: Peer,
) => Promise<OAuthError | undefined>;

/** A person of the directory changes their own password. @param check of the directory */
export function createChangePassword(check: CheckPair, parts: ChangePasswordParts): ChangePassword {
  const { store, recorder, clock, look, queue = hashingQueue } = parts;
  const checkPassword = createPasswordCheck(check, parts);
  return async ({ person, identity, session, current, next }, peer) => {
    const username = identity.subject;
    const checked = await checkPassword({ username, password: current }, undefined, peer);
    if ("refusal" in checked) {
      return checked.refusal.code === "access_denied"
        ? new PageError("access_denied", ({ account }) => account.password.incorrect)
        : checked.refusal;
    }
    const problem = await passwordProblem(next, [username, look.name], look.texts);
    if (problem !== undefined) return new PageError("invalid_request", () => problem);
    const secret = await queue.run(() => passwordHashOf(next));
    const changed = recorder.prepare("credential.changed", { person: person.id, kind: "password" }, peer);
    const now = clock();
    const secrets = {
      kind: "password",
      id: "",
      secret,
      createdAt: now,
      counter: null,
      usedAt: null,
    } as const;
    const credential = { ...secrets, personId: person.id };
    // Much can happen while two passwords are hashed: signed out, disabled, changed in another session.
    if (!(await store.changePassword({ credential, session, now }, changed.entry))) {
      return new PageError("access_denied", ({ account }) => account.password.signedOut);
    }
    changed.log();
    return undefined;
  };
}
