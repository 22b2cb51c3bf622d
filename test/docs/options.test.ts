import { describe, expect, it } from "vitest";
import { clientOptions } from "../../src/config/client-options.ts";
import { declaredOptions, type OptionTable } from "../../src/config/declared.ts";
import { environmentOptions } from "../../src/config/environment.ts";
import { guardOptions } from "../../src/config/guard-options.ts";
import { lifetimeOptions } from "../../src/config/lifetime-options.ts";
import { listenerOptions } from "../../src/config/listener-options.ts";
import { loginOptions } from "../../src/config/login-options.ts";
import { operationOptions } from "../../src/config/operation-options.ts";
import { parseOptions } from "../../src/config/options.ts";
import { serverOptions } from "../../src/config/options-schema.ts";
import { resourceServerOptions } from "../../src/config/protect-options.ts";
import { redirectOptions } from "../../src/config/redirect-options.ts";
import { scopeOptions } from "../../src/config/scope-options.ts";
import { storageOptions } from "../../src/config/storage-options.ts";
import { withMembers, withTable } from "./declared-options.ts";
import { readDocument } from "./markdown.ts";

/** The headings of docs/options.md that have a table of options. */
const TABLES: Readonly<Record<string, OptionTable>> = {
  "Where it listens and what it is called": listenerOptions,
  "What it keeps": storageOptions,
  "What clients may ask for": { ...scopeOptions, ...clientOptions },
  "Which clients may come, and where people are sent": redirectOptions,
  "How long things last": lifetimeOptions,
  "The login page": loginOptions,
  "The rest": { ...guardOptions, ...operationOptions },
};

type Row = {
  readonly options: readonly string[];
  readonly variables: readonly string[];
  readonly fallback: string;
};

const rows = [...readDocument("docs/options.md").matchAll(/^\| (`.+?`) \| (.+?) \| (.+?) \| .+ \|$/gm)].map(
  ([, options = "", variables = "", fallback = ""]): Row => ({
    options: codeIn(options),
    variables: codeIn(variables),
    fallback,
  }),
);
const documented = rows.flatMap(({ options }) => options);

// Run with -u, Vitest writes what these two expect.
describe("what is declared of the options", () => {
  it("is in the tables of docs/options.md, row by row", async () => {
    const written = Object.entries(TABLES).reduce(
      (document, [heading, table]) => withTable(document, heading, declaredOptions(table)),
      readDocument("docs/options.md"),
    );
    await expect(written).toMatchFileSnapshot("../../docs/options.md");
  });

  it("is in the types that editors show", async () => {
    const partsOf = (name: string) => serverOptions.find(({ path }) => path === name)?.parts ?? [];
    let server = readDocument("src/config/options-schema.ts");
    server = withMembers(server, "OAuthServerOptions", serverOptions, "Given");
    server = withMembers(server, "TlsOptions", partsOf("tls"), 'NonNullable<Given["tls"]>');
    server = withMembers(server, "MetricsOptions", partsOf("metrics"), 'NonNullable<Given["metrics"]>');
    await expect(server).toMatchFileSnapshot("../../src/config/options-schema.ts");
    let guarded = readDocument("src/config/protect-options.ts");
    guarded = withMembers(guarded, "ResourceServerOptions", resourceServerOptions, "Given");
    await expect(guarded).toMatchFileSnapshot("../../src/config/protect-options.ts");
  });
});

describe("docs/options.md", () => {
  it("has every option, and no other", () => {
    expect([...documented].sort()).toEqual(serverOptions.map(({ path }) => path).sort());
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
