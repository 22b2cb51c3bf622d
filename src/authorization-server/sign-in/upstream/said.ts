import type { ElsewhereSettings } from "../../../config/sign-in/settings.ts";
import { jsonCopy } from "../../../core/json-copy.ts";
import { MOST_PERSON_BYTES } from "../../../core/person.ts";
import { keepable, personIdProblem } from "../../../core/person-id.ts";
import { clipped } from "../../../core/shown.ts";
import type { Proof } from "../method.ts";
import { BrokenOff } from "./provider.ts";

// What providers say of a person is text of strangers: each value is used only in the form that it should have.

const LONGEST_EMAIL = 320;
const LONGEST_GROUP = 255;
const MOST_GROUPS = 1000;

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Those that are written as an address is. */
export function emailsOf(values: readonly unknown[]): readonly string[] {
  return values.filter(
    (value): value is string =>
      typeof value === "string" &&
      value.length <= LONGEST_EMAIL &&
      /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(value),
  );
}

/** The first text of these. */
export function labelOf(values: readonly unknown[]): string {
  return keepable(clipped(values.map(textOf).find((value) => value !== undefined) ?? ""));
}

/**
 * A list of names, or a single one.
 * @throws BrokenOff where it is too long to keep: part of it would let people in whom the rest keeps out
 */
export function groupsOf(value: unknown): readonly string[] {
  const groups: readonly unknown[] = Array.isArray(value) ? value : [value];
  const names = groups.filter((one): one is string => typeof one === "string" && one !== "");
  if (names.length > MOST_GROUPS || names.some((name) => name.length > LONGEST_GROUP)) {
    throw new BrokenOff(
      "unusable_account",
      `the person has more than ${MOST_GROUPS} groups, or one with a longer name`,
    );
  }
  return names;
}

/** @throws BrokenOff where it is larger than what can be carried */
export function boundedProfile(profile: Proof["profile"]): Proof["profile"] {
  const bytes = Buffer.byteLength(JSON.stringify(profile));
  if (bytes <= MOST_PERSON_BYTES) return profile;
  throw new BrokenOff(
    "unusable_account",
    `the person's name, address and further claims have ${bytes} bytes; the limit is ${MOST_PERSON_BYTES}`,
  );
}

/**
 * The id that the operator's own function gives.
 * @throws BrokenOff where it throws or gives none that can be one: no other id takes its place
 */
export function idOfPerson(
  claims: Readonly<Record<string, unknown>>,
  { personId }: Pick<ElsewhereSettings, "personId">,
): string | undefined {
  if (!personId) return undefined;
  let id: unknown;
  try {
    id = personId(jsonCopy(claims));
  } catch (cause) {
    throw new BrokenOff("unusable_account", "personId threw", { cause });
  }
  const problem = typeof id === "string" ? personIdProblem(id) : "must be text";
  if (typeof id === "string" && problem === undefined) return id;
  throw new BrokenOff("unusable_account", `the id that personId returned ${problem}`);
}
