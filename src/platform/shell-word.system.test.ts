import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { shellWord } from "./shell-word.ts";

it.each(["./big.db", "", "my data.db", "it's.db", "$(id).db", "a;b", "`id`", '"x"'])(
  "a shell reads %j as it is",
  (text) => {
    expect(execFileSync("sh", ["-c", `printf %s ${shellWord(text)}`], { encoding: "utf8" })).toBe(text);
  },
);

it("leaves a plain path as people write it", () => {
  expect(shellWord("./data/big.db")).toBe("./data/big.db");
});
