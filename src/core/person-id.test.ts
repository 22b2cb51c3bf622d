import { describe, expect, it } from "vitest";
import { isKeepable, keepable, LONGEST_PERSON_ID, personIdProblem } from "./person-id.ts";

describe("the id of a person", () => {
  it.each([
    "ada",
    "auth0|5f7c",
    "ada@example.com",
    "Ада Лавлейс",
    "日本",
    "😀",
    "a".repeat(LONGEST_PERSON_ID),
  ])("can be %s", (id) => expect(personIdProblem(id)).toBeUndefined());

  it.each([
    ["", "is empty or blank"],
    [" \u00a0\t", "is empty or blank"],
    ["a".repeat(LONGEST_PERSON_ID + 1), "has 256 characters; the limit is 255"],
    ...["\ud800x", "x\udfff", "a\0", "a\u001b[31m", "a\nb", "\u202eevil", "a\u200bb", "a\u2028b"].map(
      (id) => [id, "has a character that can't be seen"],
    ),
  ])("cannot be %j", (id, problem) => expect(personIdProblem(id ?? "")).toBe(problem));
});

it("what every database keeps is well-formed text without NUL", () => {
  expect(["ada", "", "😀", "a\u001b"].map(isKeepable)).toEqual([true, true, true, true]);
  expect(["\ud800x", "x\udfff", "a\0b"].map(isKeepable)).toEqual([false, false, false]);
  expect(keepable("\ud800a\0b😀")).toBe("\ufffdab😀");
});
