import { describe, expect, it } from "vitest";
import { admitMembers, admitSchema, admitTable } from "../../src/config/admit-options.ts";
import { clientOptions } from "../../src/config/client-options.ts";
import {
  type DeclaredOption,
  declaredOptions,
  fallbackOf,
  type OptionTable,
  withParts,
} from "../../src/config/declared.ts";
import { environmentOptions } from "../../src/config/environment.ts";
import { guardOptions } from "../../src/config/guard-options.ts";
import { lifetimeOptions } from "../../src/config/lifetime-options.ts";
import { listenerOptions } from "../../src/config/listener-options.ts";
import { loginOptions } from "../../src/config/login-options.ts";
import { lookOptions } from "../../src/config/look-options.ts";
import { operationOptions } from "../../src/config/operation-options.ts";
import { parseOptions } from "../../src/config/options.ts";
import { serverOptions } from "../../src/config/options-schema.ts";
import { peopleOptions } from "../../src/config/people-options.ts";
import { resourceServerOptions } from "../../src/config/protect-options.ts";
import { providerOptions, providerSchema } from "../../src/config/provider-schema.ts";
import { redirectOptions } from "../../src/config/redirect-options.ts";
import { scopeOptions } from "../../src/config/scope-options.ts";
import { declaredKeepTokensOptions } from "../../src/config/sign-in/keep-tokens-option.ts";
import { declaredOidcOptions } from "../../src/config/sign-in/oidc-options.ts";
import { auth0Own } from "../../src/config/sign-in/presets/auth0.ts";
import { entraOwn } from "../../src/config/sign-in/presets/entra.ts";
import { githubOwn } from "../../src/config/sign-in/presets/github.ts";
import { gitlabOwn } from "../../src/config/sign-in/presets/gitlab.ts";
import { googleOwn } from "../../src/config/sign-in/presets/google.ts";
import { keycloakOwn } from "../../src/config/sign-in/presets/keycloak.ts";
import { oktaOwn } from "../../src/config/sign-in/presets/okta.ts";
import { scalekitOwn } from "../../src/config/sign-in/presets/scalekit.ts";
import { workosOwn } from "../../src/config/sign-in/presets/workos.ts";
import { samlOptions } from "../../src/config/sign-in/saml-options.ts";
import { totpOptions } from "../../src/config/sign-in/totp-options.ts";
import { storageOptions } from "../../src/config/storage-options.ts";
import { upstreamOptions } from "../../src/config/upstream-options.ts";
import { githubUpstreamOptions } from "../../src/config/upstreams/github.ts";
import { googleUpstreamOptions } from "../../src/config/upstreams/google.ts";
import { keyUpstreamOptions } from "../../src/config/upstreams/key-options.ts";
import { oauthUpstreamOptions } from "../../src/config/upstreams/oauth-options.ts";
import { readDocument } from "../support/markdown.ts";
import { withMembers, withTable } from "./declared-options.ts";

/** The headings of docs/options.md that have a table of options. */
const TABLES: Readonly<Record<string, OptionTable>> = {
  "Where it listens and what it is called": listenerOptions,
  "What it keeps": storageOptions,
  "What clients may ask for": { ...scopeOptions, ...clientOptions },
  "Which clients may come, and where people are sent": redirectOptions,
  "How long things last": lifetimeOptions,
  "The login page": loginOptions,
  "Looks and language": lookOptions,
  People: peopleOptions,
  "Other services": upstreamOptions,
  "The rest": { ...guardOptions, ...operationOptions },
};

const FURTHER_TABLES: Readonly<Record<string, OptionTable>> = {
  "Who may come in": admitSchema.shape,
  "A provider instead of your own sign-in": providerSchema.shape,
};

/** The options that each of these has beside the shared ones. */
const SIGN_IN_PRESETS: Readonly<Record<string, OptionTable>> = {
  google: googleOwn,
  entra: entraOwn,
  okta: oktaOwn,
  auth0: auth0Own,
  keycloak: keycloakOwn,
  gitlab: gitlabOwn,
  scalekit: scalekitOwn,
  workos: workosOwn,
  github: githubOwn,
};

/** What the functions for other services take, by the file that declares it. */
const UPSTREAMS: Readonly<Record<string, readonly [type: string, options: OptionTable]>> = {
  "oauth-options": ["OAuthUpstreamOptions", oauthUpstreamOptions],
  github: ["GithubUpstreamOptions", githubUpstreamOptions],
  google: ["GoogleUpstreamOptions", googleUpstreamOptions],
  "key-options": ["KeyUpstreamOptions", keyUpstreamOptions],
};

/** The types whose members are options. */
const TYPES = [
  {
    file: "src/config/options-schema.ts",
    types: [
      { name: "OAuthServerOptions", options: serverOptions, given: "Given" },
      { name: "LookOptions", options: partsOf(serverOptions, "look"), given: 'NonNullable<Given["look"]>' },
      { name: "TlsOptions", options: partsOf(serverOptions, "tls"), given: 'NonNullable<Given["tls"]>' },
      {
        name: "MetricsOptions",
        options: partsOf(serverOptions, "metrics"),
        given: 'NonNullable<Given["metrics"]>',
      },
    ],
  },
  {
    file: "src/config/admit-options.ts",
    types: [
      { name: "AdmitOptions", options: admitMembers, given: "Given" },
      { name: "DenyOptions", options: partsOf(admitMembers, "deny"), given: 'NonNullable<Given["deny"]>' },
    ],
  },
  {
    file: "src/config/protect-options.ts",
    types: [{ name: "ResourceServerOptions", options: resourceServerOptions, given: "Given" }],
  },
  {
    file: "src/config/provider-options.ts",
    types: [
      { name: "ProviderOptions", options: providerOptions, given: "Given" },
      {
        name: "IntrospectionOptions",
        options: partsOf(providerOptions, "introspection"),
        given: 'NonNullable<Given["introspection"]>',
      },
      {
        name: "ClaimsOptions",
        options: partsOf(providerOptions, "claims"),
        given: 'NonNullable<Given["claims"]>',
      },
    ],
  },
  {
    file: "src/config/sign-in/oidc-options.ts",
    types: [{ name: "OidcOptions", options: declaredOidcOptions, given: "Given" }],
  },
  {
    file: "src/config/sign-in/keep-tokens-option.ts",
    types: [{ name: "KeepTokensOptions", options: declaredKeepTokensOptions, given: "Given" }],
  },
  {
    file: "src/config/sign-in/saml-options.ts",
    types: [{ name: "SamlOptions", options: declaredOptions(samlOptions), given: "Given" }],
  },
  {
    file: "src/config/sign-in/totp-options.ts",
    types: [{ name: "TotpOptions", options: declaredOptions(totpOptions), given: "Given" }],
  },
  ...Object.entries(UPSTREAMS).map(([file, [name, options]]) => ({
    file: `src/config/upstreams/${file}.ts`,
    types: [{ name, options: declaredOptions(options), given: "Given" }],
  })),
  ...Object.entries(SIGN_IN_PRESETS).map(([name, own]) => ({
    file: `src/config/sign-in/presets/${name}.ts`,
    types: [{ name: "Own", options: declaredOptions(own), given: "Given" }],
  })),
];

// Run with -u, Vitest writes what these two expect.
describe("what is declared of the options", () => {
  it("is in the tables of docs/options.md, row by row", async () => {
    const written = [...Object.entries(TABLES), ...Object.entries(FURTHER_TABLES)].reduce(
      (document, [heading, table]) => withTable(document, heading, declaredOptions(table)),
      readDocument("docs/options.md"),
    );
    await expect(written).toMatchFileSnapshot("../../docs/options.md");
  });

  it.each(TYPES)("is in the types that editors show, in $file", async ({ file, types }) => {
    const written = types.reduce(
      (source, { name, options, given }) => withMembers(source, name, options, given),
      readDocument(file),
    );
    await expect(written).toMatchFileSnapshot(`../../${file}`);
  });
});

describe("docs/options.md", () => {
  it("has a row for every option of the server", () => {
    const paths = Object.values(TABLES).flatMap((table) => declaredOptions(table).map(({ path }) => path));
    expect(paths.sort()).toEqual(serverOptions.map(({ path }) => path).sort());
  });

  it("has each variable beside the option that it sets", () => {
    for (const options of [serverOptions, declaredOptions(admitTable)]) {
      for (const { path, variables = {} } of withParts(options)) {
        for (const variable of Object.keys(variables)) {
          // One value that counts for each of them, whatever it sets.
          const value = SAMPLES[variable] ?? "1";
          const [option] = environmentOptions({ ...BESIDE, [variable]: value }, undefined, options).keys();
          expect(option, variable).toBe(path);
        }
      }
    }
  });

  it("has the defaults that hold where nothing is said", () => {
    const settings: Readonly<Record<string, unknown>> = { ...parseOptions("x") };
    const plain = serverOptions.filter(({ path }) =>
      ["string", "number", "boolean"].includes(typeof settings[path]),
    );
    expect(plain.length).toBeGreaterThan(10);
    for (const option of plain) {
      expect(codeIn(fallbackOf(option)), option.path).toEqual([String(settings[option.path])]);
    }
  });
});

describe("the README's table of options", () => {
  it("names options that are there", () => {
    const [, section = ""] = readDocument("README.md").split(/^## Options$/m);
    const [table = ""] = section.split(/^## /m);
    const cells = [...table.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell = ""]) => codeIn(cell));
    expect(cells.length).toBeGreaterThan(10);
    const names = serverOptions.map(({ path }) => path);
    expect(cells.filter((name) => !names.includes(name))).toEqual([]);
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

function partsOf(options: readonly DeclaredOption[], name: string): readonly DeclaredOption[] {
  return options.find(({ path }) => path === name)?.parts ?? [];
}
