import { claimAt } from "../../../../core/claim-path.ts";
import { isKeepable } from "../../../../core/person-id.ts";

const LONGEST_SUBJECT = 255;

/**
 * The claim that tells people apart, as it is kept: some providers write a number.
 * @param name of the claim, or its path
 * @returns undefined where it is missing, or can't be used
 */
export function subjectIn(said: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = claimAt(said, name);
  // Beyond the safe integers, two numbers in JSON may be one in JavaScript: two people would be one.
  const subject = Number.isSafeInteger(value) ? String(value) : value;
  return typeof subject === "string" && isSubject(subject) ? subject : undefined;
}

function isSubject(text: string): boolean {
  return text.trim() !== "" && text.length <= LONGEST_SUBJECT && isKeepable(text);
}
