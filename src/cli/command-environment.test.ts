import { describe, expect, it } from "vitest";
import { refuseMisspelt } from "../config/misspelt-variables.ts";
import { commandEnvironment } from "./command-environment.ts";
import { VARIABLE_SETS } from "./misspelt-names.ts";

describe("the environment of a command", () => {
  it("has every right name, which no part of a server takes for a typo of its own", async () => {
    const all = Object.fromEntries(VARIABLE_SETS.flat().map((name) => [name, "x"]));
    expect(await commandEnvironment(all)).toBe(all);
    for (const known of VARIABLE_SETS) refuseMisspelt(all, known);
  });

  it("has no typo of a name of any set", async () => {
    for (const [name = ""] of VARIABLE_SETS) {
      const typo = name.replace(/_(.)(.)/, "_$2$1");
      await expect(commandEnvironment({ [typo]: "x" }), typo).rejects.toThrow(
        `${typo} is not a variable of Gatehouse.`,
      );
    }
  });

  it.each([
    [{ SIGNIN: "users" }, "Did you mean SIGN_IN?"],
    [{ GATEHOUSE_SIGN_IN: "users,google" }, "Did you mean SIGN_IN?"],
    [{ SIGN_IN_ADMIT_ANYONE: "true" }, "write SIGN_IN_ADMIT=anyone"],
    [{ SIGN_IN_DENY_PEOPLE: "x" }, "SIGN_IN_DENY_PEOPLE is not a variable of Gatehouse"],
  ])("has no %j", async (environment, words) => {
    await expect(commandEnvironment(environment)).rejects.toThrow(words);
  });
});
