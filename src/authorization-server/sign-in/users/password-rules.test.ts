import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { passwordProblem, preparedPassword, spellingsOf } from "./password-rules.ts";
import { WELL_KNOWN_PASSWORDS } from "./well-known-passwords.ts";

const problem = (password: string, names: readonly string[] = ["ada", "Todo App"]) =>
  passwordProblem(password, names);

describe("a new password", () => {
  it.each([
    "correct horse",
    "8 chars!",
    "zebra-42",
    "пароль для всех",
    "🙂🙂🙂🙂🙂🙂🙂🙂",
    "x".repeat(1024),
    "ada is my name",
  ])("is taken: %j", async (password) => {
    expect(await problem(password)).toBeUndefined();
  });

  it.each([
    ["too short", "", /too short/],
    ["too short", "seven77", /too short/],
    ["shorter than it looks: letters and their accents", "e\u0301".repeat(7), /too short/],
    ["too long", "x".repeat(1025), /too long/],
    ["with a control character", "correct\u0000horse", /control character/],
    ["with half a character", "correct horse \ud800", /control character/],
    ["well known", "password1", /most common/],
    ["well known, in another case", "PassWord123", /most common/],
    ["well known, in full width", "ｐａｓｓｗｏｒｄ１", /most common/],
    ["the username", "Grace Hopper", /username/, ["grace hopper"]],
    ["the names and a little more", "my-app ada 1", /little more/, ["ada", "my-app"]],
    ["the username and a row of digits", "ada12345", /little more/, ["ada"]],
    ["names of which one is part of the other", "ada-app ada-app", /little more/, ["ada", "ada-app"]],
    ["the username and a little more", "administration1!", /username/, ["administration"]],
    ["the username twice", "adalaceadalace", /username/, ["adalace"]],
    ["the app's name", "todo app", /app/],
  ])("is refused: %s", async (_what, password, why, names?: readonly string[]) => {
    expect(await problem(password, names)).toMatch(why);
  });

  it("is the same however a system composes its letters and spaces", () => {
    expect(preparedPassword("e\u0301\u00a0x")).toBe(preparedPassword("é x"));
    expect(preparedPassword("Ａ")).not.toBe(preparedPassword("A"));
    expect(preparedPassword("ß")).not.toBe(preparedPassword("ss"));
  });

  it("is prepared once and for all, and a plain one has one spelling", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(preparedPassword(preparedPassword(text))).toBe(preparedPassword(text));
      }),
    );
    expect(spellingsOf("correct horse")).toEqual(["correct horse"]);
    expect(spellingsOf("e\u0301")).toEqual(["é", "e\u0301"]);
  });
});

describe("the list of well-known passwords", () => {
  it("has only what the other rules would let through, as it is compared", () => {
    expect(WELL_KNOWN_PASSWORDS.size).toBe(10_000);
    const odd = [...WELL_KNOWN_PASSWORDS].filter(
      (password) => password.length < 8 || password !== password.toLowerCase() || !/^[!-~]+$/.test(password),
    );
    expect(odd).toEqual([]);
  });

  it.each(["password", "12345678", "qwertyuiop", "iloveyou", "passw0rd", "trustno1"])(
    "has %s",
    (password) => {
      expect(WELL_KNOWN_PASSWORDS.has(password)).toBe(true);
    },
  );
});
