import { Command } from "commander";
import { expect, it } from "vitest";
import { rememberFlags, toMakeLink, toRun } from "./same-database.ts";

/** What is said to run next by a command that was run with these. */
function after(...parameters: readonly string[]): { readonly list: string; readonly invite: string } {
  const command = new Command("invite")
    .option("-d, --database <database>")
    .option("--public-url <url>")
    .option("--allow-insecure-public-url");
  command.parse(parameters, { from: "user" });
  rememberFlags(command);
  return { list: toRun("person list"), invite: toMakeLink("person invite ada") };
}

it("names the database and the URL that the running command was given", () => {
  expect(after("-d", "./my big.db", "--public-url", "http://a.corp", "--allow-insecure-public-url")).toEqual({
    list: "gatehouse person list --database './my big.db'",
    invite:
      "gatehouse person invite ada --database './my big.db' --public-url http://a.corp --allow-insecure-public-url",
  });
});

it("names neither where the environment does", () => {
  expect(after()).toEqual({ list: "gatehouse person list", invite: "gatehouse person invite ada" });
});

it.each(["postgres://ada:secret1@db/app", "postgres://db/app?password=secret1"])(
  "repeats no password: %s",
  (database) => {
    expect(after("--database", database).list).toBe("gatehouse person list --database <the same>");
  },
);
