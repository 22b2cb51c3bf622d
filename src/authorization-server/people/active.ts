import type { IsActive } from "../../config/people-options.ts";
import { jsonCopy } from "../../core/json-copy.ts";
import type { Person } from "../../core/person.ts";
import { askOperator, unanswered } from "./ask-operator.ts";

/**
 * Whether a person may still use the server, as the operator's `isActive` says it; everyone may where there is none.
 * @throws OAuthError `temporarily_unavailable` where it throws, gives no answer, or says neither true nor false: ask before
 * anything is written
 */
export type CheckActive = (person: Person) => Promise<boolean>;

/** @param milliseconds how long it may take; five seconds, unless a test cannot wait that long */
export function createActivity({
  isActive,
  milliseconds,
}: {
  readonly isActive: IsActive | undefined;
  readonly milliseconds?: number | undefined;
}): CheckActive {
  if (isActive === undefined) return async () => true;
  return async (person) => {
    const answer = await askOperator("isActive", () => isActive(jsonCopy(person)), milliseconds);
    if (typeof answer === "boolean") return answer;
    throw unanswered(
      `isActive must return true or false, and returned ${answer === null ? "null" : typeof answer}`,
    );
  };
}
