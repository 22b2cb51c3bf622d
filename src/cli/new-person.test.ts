import { expect, it } from "vitest";
import { newPerson, type PersonFlags } from "./new-person.ts";

it.each<[PersonFlags, RegExp]>([
  [{ name: "" }, /^--name/],
  [{ name: "   " }, /^--name/],
  [{ name: "n".repeat(256) }, /^--name .*1 to 255 characters that can be seen/],
  [{ name: "\u001b[31mAda" }, /^--name/],
  [{ name: "\u202eadA" }, /^--name/],
  [{ name: "\ud800" }, /^--name/],
  [{ email: ["ada@example.com", ""] }, /^--email/],
  [{ email: [`${"a".repeat(320)}@example.com`] }, /^--email .*of at most 320 characters/],
  [{ email: ["a\u001b@example.com"] }, /^--email/],
  [{ group: ["staff", ""] }, /^--group/],
  [{ group: ["g".repeat(5000)] }, /^--group/],
  [{ group: ["\u001b]0;x\u0007"] }, /^--group/],
  [{ id: " " }, /^--id/],
  [{ id: "a\0" }, /^--id/],
  [{ name: "日".repeat(255), email: [`${"é".repeat(300)}@example.com`], id: "日".repeat(255) }, /2048 bytes/],
])("a person is not made with %j", (flags, problem) => {
  expect(() => newPerson("ada", flags, undefined, 0)).toThrow(problem);
});

it("a person is made with what can be seen", () => {
  const flags = { name: "Ada Лавлейс", email: ["ada@example.com"], group: ["staff", "a b"], id: "ada" };
  expect(newPerson("Ada", flags, undefined, 0)).toMatchObject({
    person: { id: "ada", name: "Ada Лавлейс", email: "ada@example.com" },
    groups: ["staff", "a b"],
  });
});
