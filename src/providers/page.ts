import type { ProviderOptions } from "../config/provider-options.ts";
import { USUAL_CLAIM_NAMES } from "../core/provider-claims.ts";
import type { Explanation, Given, Preset } from "./preset.ts";

/** The server that the documents are about. */
export const EXAMPLE_RESOURCE = "https://mcp.example.com/mcp";

/**
 * What to do at a provider, with the exact strings to paste: the same Markdown in `docs/providers/` and from
 * `gatehouse provider`.
 * @param given the person's own values; where there are none, examples
 * @throws ConfigurationError where a value is missing or wrong.
 */
export function pageOf(preset: Preset, resource: string = EXAMPLE_RESOURCE, given: Given = {}): string {
  const said = Object.keys(given).length === 0 ? preset.examples : given;
  const values = { ...preset.defaults(resource, said), ...said };
  const explanation = preset.explain(values, resource);
  const sections = [
    `# ${preset.title}`,
    explanation.about,
    codeOf(preset, values, resource, explanation.beside),
    `## ${explanation.console}`,
    explanation.steps.map((step, i) => `${i + 1}. ${step}`).join("\n\n"),
    "## What a token must contain",
    tableOf(explanation.options),
    "## Notes",
    explanation.mind.map((line) => `- ${line}`).join("\n"),
    ...demonstrationOf(explanation, resource),
    "## This page with your own values",
    `\`\`\`sh\n${commandOf(preset, values, resource)}\n\`\`\``,
  ];
  return `${sections.join("\n\n")}\n`;
}

function codeOf(preset: Preset, values: Given, resource: string, beside: readonly string[] = []): string {
  const names = preset.values.filter((name) => values[name] !== undefined);
  const lines = [
    `import { ${[preset.name, "protect"].sort().join(", ")} } from "mcp-gatehouse";`,
    "",
    "const { guard, metadata } = protect({",
    `  ...${preset.name}({`,
    ...names.map((name) => `    ${name}: ${JSON.stringify(values[name])},`),
    "  }),",
    ...[`resource: ${JSON.stringify(resource)}`, ...beside].map((line) => `  ${line},`),
    "});",
  ];
  return `\`\`\`ts\n${lines.join("\n")}\n\`\`\``;
}

function tableOf(options: ProviderOptions): string {
  const { issuer, issuerAliases = [], audience, claims = {}, accessTokenClaims = [] } = options;
  const claim = (names: string | readonly string[]) => [names].flat().map(code).join(", otherwise ");
  const rows = [
    ["`iss`", [issuer, ...issuerAliases].map(code).join(" or ")],
    [code(claims.audience ?? "aud"), [audience].flat().map(code).join(" or ")],
    ...groupsOf(accessTokenClaims).map((group) => ["at least one of these", group.map(code).join(", ")]),
    [
      "scopes",
      claim(claims.scopes ?? USUAL_CLAIM_NAMES.scopes) +
        (options.scopePrefix ? `, without ${code(options.scopePrefix)} before them` : ""),
    ],
    ["person", claim(claims.person ?? USUAL_CLAIM_NAMES.person)],
    ["client", claim(claims.client ?? USUAL_CLAIM_NAMES.client)],
    [options.tokeninfo === undefined ? "signed with a key from" : "checked at", code(keysOf(options))],
  ];
  return ["| claim | value |", "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join(
    "\n",
  );
}

function groupsOf(claims: NonNullable<ProviderOptions["accessTokenClaims"]>): readonly (readonly string[])[] {
  const isText = (one: string | readonly string[]) => typeof one === "string";
  const single = claims.filter(isText);
  return single.length > 0 ? [single] : claims.filter((one) => typeof one !== "string");
}

function keysOf({ tokeninfo, jwksUri, metadataUrl, issuer }: ProviderOptions): string {
  return tokeninfo ?? jwksUri ?? metadataUrl ?? issuer;
}

function code(value: string): string {
  return `\`${value}\``;
}

/** How to try it without writing anything, where environment variables can say all of it. */
function demonstrationOf({ options, environment }: Explanation, resource: string): readonly string[] {
  const variables = environment ?? plainEnvironment(options);
  const [, publicUrl] = /^(.+)\/mcp$/.exec(resource) ?? [];
  if (!variables || publicUrl === undefined) return [];
  const lines = [...variables, `GATEHOUSE_PUBLIC_URL=${publicUrl}`, "gatehouse demo"];
  return [
    "## Run the demonstration behind it",
    "Without code, from the environment or a `.env` file:",
    `\`\`\`sh\n${lines.join(" \\\n  ")}\n\`\`\``,
  ];
}

/** Undefined where a provider's ways are not to be said in variables. */
function plainEnvironment(options: ProviderOptions): readonly string[] | undefined {
  const { issuer, audience, jwksUri, metadataUrl, claims, ...others } = options;
  if (Object.keys(others).length > 0 || typeof audience !== "string") return undefined;
  if (claims?.audience !== undefined || claims?.person !== undefined) return undefined;
  return [
    `OAUTH_ISSUER=${issuer}`,
    `OAUTH_AUDIENCE=${audience}`,
    ...(jwksUri === undefined ? [] : [`OAUTH_JWKS_URI=${jwksUri}`]),
    ...(metadataUrl === undefined ? [] : [`OAUTH_WELL_KNOWN_URL=${metadataUrl}`]),
  ];
}

function commandOf(preset: Preset, values: Given, resource: string): string {
  const unsaid = preset.defaults(resource, values);
  const said = Object.entries(values).filter(([name, value]) => unsaid[name] !== value);
  const parts = said.flatMap(([name, value]) => [value].flat().map((one) => `${name}=${one}`));
  return ["gatehouse provider", preset.name, `--resource ${resource}`, ...parts].join(" ");
}
