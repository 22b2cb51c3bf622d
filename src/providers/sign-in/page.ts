import { type DeclaredOption, declaredOptions, fallbackOf } from "../../config/declared.ts";
import { wrongValue } from "../../config/problems.ts";
import { oidcOptions } from "../../config/sign-in/oidc-options.ts";
import type { ElsewhereSettings } from "../../config/sign-in/settings.ts";
import { optionsWithVariables, variableOf } from "../../config/sign-in/sign-in-variables.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { logoutUriOf, redirectUriOf, samlEntityIdOf } from "../../core/upstream-urls.ts";
import { type Given, pageNameOf, pageTitleOf, type SignInGuide } from "./guide.ts";

/** The server that the documents are about. */
export const EXAMPLE_ISSUER = "https://mcp.example.com";

/**
 * How people sign in to one server at a provider, with the exact strings to paste: the same Markdown in `docs/sign-in/` and from
 * `gatehouse provider <name> --sign-in`.
 * @param known the issuer of the server, its public URL; without it, an example
 * @param given the person's own values as text; where there are none, examples
 * @throws ConfigurationError where a value is wrong
 */
export function signInPageOf(guide: SignInGuide, known?: string, given: Given = {}): string {
  const issuer = known ?? EXAMPLE_ISSUER;
  const { definition } = guide;
  const options = optionsWithVariables(definition.name, definition.options);
  const values = { ...examplesBeside(given, guide), ...given };
  const read = readValues(options, values);
  const settings = settingsOf(guide, read);
  const explanation = guide.explain({
    redirectUri: redirectUriOf(issuer, settings.name),
    logoutUri: logoutUriOf(issuer, settings.name),
    samlEntityId: samlEntityIdOf(issuer, settings.name),
  });
  const sections = [
    `# Sign-in with ${pageTitleOf(guide)}`,
    explanation.about,
    `## ${explanation.console}`,
    explanation.steps.map((step, i) => `${i + 1}. ${step}`).join("\n\n"),
    "## In your code",
    ...(guide.install === undefined ? [] : [block("sh", [`npm install ${guide.install}`])]),
    block("ts", codeOf(guide, read, settings, known)),
    "## Without code",
    "`signInFromEnvironment()` of `mcp-gatehouse/sign-in` reads these from the environment or a `.env` file, and so does `gatehouse demo`:",
    block("sh", environmentOf(guide, values, settings, issuer)),
    "## Options",
    tableOf(options),
    "## Notes",
    explanation.notes.map((line) => `- ${line}`).join("\n"),
    "## This page with your own values",
    block("sh", [commandOf(guide, values, issuer)]),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** The entity ID is in the metadata, so an example of it would contradict metadata that are given. */
function examplesBeside(given: Given, { examples }: SignInGuide): Given {
  const { entityId, ...others } = examples;
  return entityId === undefined || given.metadata !== undefined ? others : examples;
}

/** The names of the values that a provider's page takes: what it needs, and what it has of its own. */
export function valueNamesOf({ definition, examples }: SignInGuide): readonly string[] {
  const common = declaredOptions(oidcOptions).map(({ path }) => path);
  const own = declaredOptions(definition.options)
    .filter(({ path, fromText }) => fromText !== undefined && !common.includes(path))
    .map(({ path }) => path);
  return [...new Set([...Object.keys(examples), ...own])];
}

/**
 * The text of a value that was given several times.
 * @throws ConfigurationError where the option is no list
 */
export function repeatedValue({ definition }: SignInGuide, name: string, values: readonly string[]): string {
  const text = values.join(",");
  const options = optionsWithVariables(definition.name, definition.options);
  const [read] = Object.values(options.find(({ path }) => path === name)?.variables ?? {});
  if (read && typeof read(text, {}) !== "object") {
    throw new ConfigurationError(`${name} is given ${values.length} times, and has one value. Give it once.`);
  }
  return text;
}

type Read = Readonly<Record<string, unknown>>;

/** The values as code has them. */
function readValues(options: readonly DeclaredOption[], values: Given): Read {
  const names = options.filter((option) => option.variables && !isSecret(option)).map(({ path }) => path);
  return Object.fromEntries(
    Object.entries(values).map(([name, text]) => {
      const option = options.find(({ path }) => path === name);
      const [read] = Object.values(option?.variables ?? {});
      if (option && isSecret(option)) {
        throw new ConfigurationError(
          `${name} is a secret, which other people on this machine could read here. Leave it out; the page says where it goes.`,
        );
      }
      if (!read) throw wrongValue("The value's name", name, `one of ${names.join(", ")}`);
      return [name, read(text, {})];
    }),
  );
}

function isSecret({ path }: DeclaredOption): boolean {
  return path === "clientSecret" || path === "privateKey";
}

function settingsOf({ definition }: SignInGuide, read: Read): ElsewhereSettings {
  const { allowInsecureIssuer, ...others } = read;
  const symbol = Object.getOwnPropertySymbols(definition.options).find(
    ({ description }) => description === "allowInsecureIssuer",
  );
  const dangerous = symbol && allowInsecureIssuer !== undefined ? { [symbol]: allowInsecureIssuer } : {};
  const secret = hasSecret(definition) ? { clientSecret: "not shown" } : {};
  return definition.parse({ ...others, ...dangerous, ...secret });
}

function hasSecret({ options }: SignInGuide["definition"]): boolean {
  return "clientSecret" in options;
}

function codeOf(
  { definition, admit }: SignInGuide,
  read: Read,
  settings: ElsewhereSettings,
  publicUrl: string | undefined,
): readonly string[] {
  const { name, options } = definition;
  const secret = hasSecret(definition)
    ? [`clientSecret: process.env.${name.toUpperCase()}_CLIENT_SECRET ?? "",`]
    : [];
  const isSymbol = (option: string) =>
    Object.getOwnPropertySymbols(options).some(({ description }) => description === option);
  const lines = Object.entries(read).map(
    ([option, value]) => `${isSymbol(option) ? `[${option}]` : option}: ${JSON.stringify(value)},`,
  );
  const symbols = Object.keys(read).filter(isSymbol);
  return [
    `import { ${[...symbols, "createOAuthServer"].sort().join(", ")} } from "mcp-gatehouse";`,
    `import { ${name} } from "mcp-gatehouse/sign-in";`,
    "",
    'const server = createOAuthServer("my-app", {',
    "  signIn: [",
    `    ${name}({`,
    ...[...lines, ...secret].map((line) => `      ${line}`),
    "    }),",
    "  ],",
    ...(settings.people === "public"
      ? [`  admit: { ${admit.list}: ${JSON.stringify([admit.entry])} },`]
      : []),
    publicUrl === undefined ? "});" : `}, { publicUrl: ${JSON.stringify(publicUrl)} });`,
  ];
}

function environmentOf(
  { definition, admit }: SignInGuide,
  values: Given,
  settings: ElsewhereSettings,
  issuer: string,
): readonly string[] {
  const { name } = definition;
  return [
    `SIGN_IN=${name}`,
    ...Object.entries(values).map(([option, text]) => `${variableOf(name, option)}=${quoted(text)}`),
    ...(hasSecret(definition) ? [`${variableOf(name, "clientSecret")}=…`] : []),
    ...(settings.people === "public" ? [`SIGN_IN_ADMIT_${admit.list.toUpperCase()}=${admit.entry}`] : []),
    `GATEHOUSE_PUBLIC_URL=${issuer}`,
  ];
}

function quoted(text: string): string {
  return /[\s"'#]/.test(text) ? `'${text}'` : text;
}

function tableOf(options: readonly DeclaredOption[]): string {
  const rows = options.map((option) => [
    code(option.path),
    Object.keys(option.variables ?? {})
      .map(code)
      .join(", ") || "–",
    option.schema.safeParse(undefined).success ? fallbackOf(option) : "required",
    [option.says, option.more].filter(Boolean).join(" "),
  ]);
  const lines = [["option", "variable", "default", "what it is"], ["---", "---", "---", "---"], ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(name: string): string {
  return `\`${name}\``;
}

function block(language: string, lines: readonly string[]): string {
  return `\`\`\`${language}\n${lines.join("\n")}\n\`\`\``;
}

function commandOf(guide: SignInGuide, values: Given, issuer: string): string {
  const parts = Object.entries(values).map(([option, text]) => quoted(`${option}=${text}`));
  return ["gatehouse provider", pageNameOf(guide), "--sign-in", `--public-url ${issuer}`, ...parts].join(" ");
}
