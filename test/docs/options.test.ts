import { describe, expect, it } from "vitest";
import { environmentOptions } from "../../src/config/environment.ts";
import { parseOptions } from "../../src/config/options.ts";
import { DANGERS } from "../../src/config/options-schema.ts";
import { readDocument } from "../support/markdown.ts";

type Row = {
  readonly options: readonly string[];
  readonly variables: readonly string[];
  readonly fallback: string;
};

const rows = [...readDocument("docs/options.md").matchAll(/^\| (`.+?) \| (.+?) \| (.+?) \| .+ \|$/gm)].map(
  ([, options = "", variables = "", fallback = ""]): Row => ({
    options: codeIn(options),
    variables: codeIn(variables),
    fallback,
  }),
);
const documented = rows.flatMap(({ options }) => options);
const variables = rows.flatMap((row) => row.variables);

describe("docs/options.md", () => {
  it("has every option, and no other", () => {
    // Those that are symbols are no keys that a misspelt name could mean.
    expect(documented.filter((name) => !DANGERS.has(name)).sort()).toEqual([...optionNames()].sort());
  });

  it("has every environment variable, and no other", () => {
    const source = readDocument("src/config/environment.ts");
    const known = [...source.matchAll(/variable: "([A-Z_]+)"/g)].map(([, name]) => name ?? "");
    expect([...variables].sort()).toEqual(known.sort());
  });

  it("has each variable beside the option that it sets", () => {
    for (const { options, variables } of rows) {
      for (const variable of variables) {
        // One value that counts for each of them, whatever it sets.
        const value = SAMPLES[variable] ?? "1";
        const [option = ""] = environmentOptions({ ...BESIDE, [variable]: value }).keys();
        expect(options, variable).toContain(option.split(".")[0]);
      }
    }
  });

  it("has the defaults that hold where nothing is said", () => {
    const settings: Readonly<Record<string, unknown>> = { ...parseOptions("x") };
    const plain = rows.filter(({ options: [name = ""] }) =>
      ["string", "number", "boolean"].includes(typeof settings[name]),
    );
    expect(plain.length).toBeGreaterThan(10);
    for (const {
      options: [name = ""],
      fallback,
    } of plain) {
      expect(codeIn(fallback)[0]?.replaceAll('"', ""), name).toBe(String(settings[name]));
    }
  });
});

describe("the README's table of options", () => {
  it("names options that are there", () => {
    const [, section = ""] = readDocument("README.md").split(/^## Options$/m);
    const [table = ""] = section.split(/^## /m);
    const cells = [...table.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell = ""]) => codeIn(cell));
    expect(cells.length).toBeGreaterThan(10);
    expect(cells.filter((name) => !documented.includes(name))).toEqual([]);
  });
});

/** Variables of others, which count only where they say what we can use. */
const SAMPLES: Readonly<Record<string, string>> = {
  HOST: "127.0.0.1",
  DATABASE_URL: "postgres://h/d",
  MCP_SERVER_URL: "https://mcp.example",
};

/** Without it, MCP_SERVER_URL is another program's. */
const BESIDE = { SCALEKIT_ENVIRONMENT_URL: "https://acme.scalekit.com" };

function codeIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
}

/** As the server says them to somebody who misspelt one. */
function optionNames(): readonly string[] {
  try {
    parseOptions("x", { "no option is anything like this": true } as never);
  } catch (error) {
    return /The options are: (.+)\.$/.exec((error as Error).message)?.[1]?.split(", ") ?? [];
  }
  return [];
}
