import type { LacksFactor } from "../people/sessions.ts";
import type { SignInMethod } from "./method.ts";
import type { OpenFactor, SecondFactor } from "./second-factor.ts";

/**
 * Holds sessions to the second factor, as new sign-ins are: one of before it was required, or of before its person set it up, does
 * not count. Nor does one of a method that is gone, since what that proved is not known.
 */
export function createLacksFactor(
  factor: Pick<SecondFactor, "name"> & Pick<OpenFactor, "isNeeded">,
  methods: readonly Pick<SignInMethod, "name" | "isOneFactor">[],
): LacksFactor {
  const enough = new Set(methods.filter(({ isOneFactor = false }) => !isOneFactor).map(({ name }) => name));
  return async ({ session, record }) =>
    session.secondFactor !== factor.name &&
    !enough.has(session.method) &&
    factor.isNeeded({ personId: record.person.id, groups: record.groups });
}
