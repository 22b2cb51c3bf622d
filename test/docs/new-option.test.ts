import { describe, expect, it } from "vitest";
import { z } from "zod";
import { flagsOf } from "../../src/cli/option-flags.ts";
import { wholeNumber } from "../../src/config/basic-schemas.ts";
import { declared, declaredOptions } from "../../src/config/declared.ts";
import { environmentOptions } from "../../src/config/environment.ts";
import { optionsSchema } from "../../src/config/options-schema.ts";
import { readOptions } from "../../src/config/read-options.ts";
import { number } from "../../src/config/variables.ts";
import { withMembers, withTable } from "./declared-options.ts";

/** An option that only this test has. All that there is to say of it stands here. */
const brewing = {
  coffeeCups: wholeNumber(0, 12)
    .default(3)
    .register(declared, {
      says: "How many cups the server brews.",
      more: "See RFC 2324.",
      variables: { GATEHOUSE_COFFEE_CUPS: number },
      flag: "--coffee-cups <number>",
    }),
};
const options = declaredOptions(brewing);
const schema = z.strictObject({ ...optionsSchema.shape, ...brewing });

const read = (given: object, environment: Readonly<Record<string, string>> = {}) =>
  readOptions(schema, given, environmentOptions(environment, undefined, declaredOptions(schema.shape)))
    .parsed;

describe("a new option, declared once", () => {
  it("has its default, and is read from the code or else from its variable", () => {
    expect(read({}).coffeeCups).toBe(3);
    expect(read({}, { GATEHOUSE_COFFEE_CUPS: "5" }).coffeeCups).toBe(5);
    expect(read({ coffeeCups: 7 }, { GATEHOUSE_COFFEE_CUPS: "5" }).coffeeCups).toBe(7);
  });

  it("is named in the sentence where it is wrong, and meant where it is misspelt", () => {
    expect(() => read({ coffeeCups: 13 })).toThrow(
      "coffeeCups is 13; it must be a whole number from 0 to 12.",
    );
    expect(() => read({}, { GATEHOUSE_COFFEE_CUPS: "many" })).toThrow(/^GATEHOUSE_COFFEE_CUPS is "many"/);
    expect(() => read({ coffeCups: 1 })).toThrow("coffeCups is not an option. Did you mean coffeeCups?");
    expect(() => read({}, { GATEHOUSE_COFFE_CUPS: "1" })).toThrow("Did you mean GATEHOUSE_COFFEE_CUPS?");
  });

  it("has its flag", () => {
    const [flag] = flagsOf(options);
    expect(flag?.read("5")).toBe(5);
    expect(flag?.option().flags).toBe("--coffee-cups <number>");
    expect(flag?.option().description).toBe(
      "how many cups the server brews (default: 3) [env: GATEHOUSE_COFFEE_CUPS]",
    );
  });

  it("has its row in the document", () => {
    const document = "## Coffee\n\nHot.\n\n| option |\n| --- |\n\nThe end.\n";
    expect(withTable(document, "Coffee", options)).toBe(
      "## Coffee\n\nHot.\n\n" +
        "| option | variable | default | what it is |\n| --- | --- | --- | --- |\n" +
        "| `coffeeCups` | `GATEHOUSE_COFFEE_CUPS` | `3` | How many cups the server brews. See RFC 2324. |\n" +
        "\nThe end.\n",
    );
  });

  it("has its member, with documentation, in the type that editors show", () => {
    expect(withMembers("type Coffee = {\n};\n", "Coffee", options, "Given")).toBe(
      'type Coffee = {\n  /** How many cups the server brews. Default: `3`. */\n  coffeeCups?: Given["coffeeCups"];\n};\n',
    );
  });

  it("cannot be left undeclared", () => {
    expect(() => declaredOptions({ ...brewing, milk: z.boolean() })).toThrow(
      "The option milk is not declared.",
    );
  });
});
