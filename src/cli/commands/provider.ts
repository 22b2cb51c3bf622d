import { Command } from "commander";
import { meantName } from "../../config/misspelling.ts";
import { ConfigurationError } from "../../core/errors.ts";
import type { Given } from "../../providers/preset.ts";
import { bold, print, printError, printTable } from "../output.ts";

export function providerCommand(): Command {
  return new Command("provider")
    .description(
      "Show how to set up an identity provider for your server: one whose tokens clients get themselves, or, with --sign-in, one that people sign in to your server with.",
    )
    .argument("[name]", "the provider; without it, a list of providers")
    .argument("[values...]", "your values, as in domain=acme.okta.com; without them, examples")
    .option("--resource <url>", "the URL that people type into their MCP client")
    .option("--sign-in", "people sign in there, and clients get this server's tokens")
    .option(
      "--public-url <url>",
      "with --sign-in, the URL of your server (default: GATEHOUSE_PUBLIC_URL, else an example)",
    )
    .action(provider);
}

type ProviderFlags = {
  readonly resource?: string;
  readonly signIn?: boolean;
  readonly publicUrl?: string;
};

async function provider(
  name: string | undefined,
  values: readonly string[],
  flags: ProviderFlags,
): Promise<void> {
  const { resource, signIn = false, publicUrl } = flags;
  if (signIn && resource !== undefined) {
    throw new ConfigurationError("--resource is not for --sign-in. Give the server's URL with --public-url.");
  }
  if (!signIn && publicUrl !== undefined) {
    throw new ConfigurationError(
      "--public-url is for --sign-in. Give the URL of the MCP endpoint with --resource.",
    );
  }
  await (signIn ? showSignIn(name, values, publicUrl) : showTokens(name, values, resource));
}

/** A provider whose tokens clients get themselves. */
async function showTokens(
  name: string | undefined,
  values: readonly string[],
  resource: string | undefined,
): Promise<void> {
  // Loaded here, so that help does not wait for them.
  const [{ PRESETS }, { pageOf }] = await Promise.all([
    import("../../providers/index.ts"),
    import("../../providers/page.ts"),
  ]);
  if (name === undefined) {
    printTable(
      ["NAME", "PROVIDER", "VALUES"],
      [...PRESETS.values()].map((preset) => [preset.name, preset.title, preset.values.join(", ")]),
    );
    return;
  }
  const preset = PRESETS.get(name.toLowerCase());
  if (!preset) {
    const { SIGN_IN_GUIDES } = await import("../../providers/sign-in/index.ts");
    if (SIGN_IN_GUIDES.has(name.toLowerCase())) {
      throw new ConfigurationError(
        `People sign in to your server with ${name}, and clients get no tokens there. Run: gatehouse provider ${name.toLowerCase()} --sign-in`,
      );
    }
    throw unknownProvider(name, [...PRESETS.keys()], "generic");
  }
  if (resource !== undefined && !URL.canParse(resource)) {
    throw new ConfigurationError(
      `--resource is ${JSON.stringify(resource)}; it must be a URL, such as https://mcp.example.com/mcp.`,
    );
  }
  printPage(pageOf(preset, resource, valuesOf(values)));
}

/** A provider that people sign in to this server with. */
async function showSignIn(
  name: string | undefined,
  values: readonly string[],
  given: string | undefined,
): Promise<void> {
  const [{ SIGN_IN_GUIDES }, { pageTitleOf }, { EXAMPLE_ISSUER, repeatedValue, signInPageOf, valueNamesOf }] =
    await Promise.all([
      import("../../providers/sign-in/index.ts"),
      import("../../providers/sign-in/guide.ts"),
      import("../../providers/sign-in/page.ts"),
    ]);
  if (name === undefined) {
    printTable(
      ["NAME", "PROVIDER", "VALUES"],
      [...SIGN_IN_GUIDES].map(([page, guide]) => [page, pageTitleOf(guide), valueNamesOf(guide).join(", ")]),
    );
    return;
  }
  const guide = SIGN_IN_GUIDES.get(name.toLowerCase());
  if (!guide) throw unknownProvider(name, [...SIGN_IN_GUIDES.keys()], "oidc");
  const issuer = await issuerOf(given);
  const said = Object.entries(valuesOf(values)).map(([option, value]) => [
    option,
    typeof value === "string" ? value : repeatedValue(guide, option, value),
  ]);
  printPage(signInPageOf(guide, issuer, Object.fromEntries(said)));
  if (issuer === undefined) {
    printError(
      `This is for ${EXAMPLE_ISSUER}. For your server's redirect URI, give its URL with --public-url or GATEHOUSE_PUBLIC_URL.`,
    );
  }
}

/** The server's issuer, as the server makes it; undefined where nothing says its URL. */
async function issuerOf(given: string | undefined): Promise<string | undefined> {
  const [{ environmentOptions }, { commandEnvironment }, { parseOptions }] = await Promise.all([
    import("../../config/environment.ts"),
    import("../command-environment.ts"),
    import("../../config/options.ts"),
  ]);
  const fromFlag =
    given === undefined ? [] : ([["publicUrl", { variable: "--public-url", value: given }]] as const);
  const said = new Map(
    [...environmentOptions(await commandEnvironment()), ...fromFlag].filter(([option]) =>
      URL_OPTIONS.has(option),
    ),
  );
  return said.has("publicUrl") ? parseOptions("gatehouse", {}, said).issuer : undefined;
}

const URL_OPTIONS: ReadonlySet<string> = new Set(["publicUrl", "path", "allowInsecurePublicUrl"]);

/** Ways to sign in that need no provider, as people may write them. */
const WITHOUT_PROVIDER: ReadonlyMap<string, string> = new Map([
  ["users", "users()"],
  ["password", "password(checkUser)"],
  ["magiclink", "magicLink()"],
  ["passkeys", "passkeys()"],
  ["totp", "totp()"],
]);

function unknownProvider(name: string, known: readonly string[], other: string): ConfigurationError {
  const written = WITHOUT_PROVIDER.get(name.toLowerCase().replaceAll(/[-_]/g, ""));
  if (written !== undefined) {
    return new ConfigurationError(
      `${name} needs no provider, so there is nothing to set up at one. Write ${written} into signIn; docs/sign-in/README.md says how.`,
    );
  }
  const near = meantName(name, known);
  const guess = near === undefined ? "" : `Did you mean ${near}? `;
  return new ConfigurationError(
    `${JSON.stringify(name)} is not a known provider. ${guess}Known are: ${known.join(", ")}. For any other, use ${other}.`,
  );
}

function printPage(page: string): void {
  for (const line of page.trimEnd().split("\n")) {
    // A file gets the page to the letter.
    const text = process.stdout.isTTY ? withoutLinks(line) : line;
    print(text.startsWith("#") ? bold(text) : text);
  }
}

/** A terminal follows no link of a document: what it says stays, with the address where that is one of the web. */
function withoutLinks(line: string): string {
  return line.replaceAll(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_, text: string, to: string) => {
    if (/^https?:/.test(to)) return text === to ? text : `${text} (${to})`;
    return text;
  });
}

/** `name=value` each; a name that comes again makes a list. */
function valuesOf(parameters: readonly string[]): Given {
  const values = new Map<string, string | string[]>();
  for (const parameter of parameters) {
    const [, name = "", value = ""] = /^([A-Za-z]+)=(.+)$/.exec(parameter) ?? [];
    if (name === "") {
      throw new ConfigurationError(
        `${JSON.stringify(parameter)} is not a value; write the name, "=", and the value, as in domain=acme.okta.com.`,
      );
    }
    const before = values.get(name);
    values.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(values);
}
