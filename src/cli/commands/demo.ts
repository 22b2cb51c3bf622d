import { isAbsolute } from "node:path";
import { Command } from "commander";
import type { Environment, EnvironmentOptions } from "../../config/environment.ts";
import type { ProviderOptions } from "../../config/provider-options.ts";
import type { Settings } from "../../config/settings.ts";
import { isPostgresUrl, shownDatabase } from "../../core/database-url.ts";
import { isLoopbackHost } from "../../platform/addresses.ts";
import { bold, print, printPairs, warning } from "../output.ts";

type DemoFlags = {
  readonly host?: string;
  readonly port?: string;
  readonly database?: string;
  readonly publicUrl?: string;
  readonly allowInsecurePublicUrl?: true;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly trustProxy?: true;
  readonly debug?: true;
};

const DEFAULT_PORT = 9000;

export function demoCommand(): Command {
  return new Command("demo")
    .description(
      "Start the demonstration server: an MCP server with its own sign-in, or behind the provider that the environment names.",
    )
    .option(
      "--host <address>",
      "the address to listen on (default: localhost, this computer only) [env: GATEHOUSE_HOST, HOST]",
    )
    .option("-p, --port <number>", `the port (default: ${DEFAULT_PORT}) [env: GATEHOUSE_PORT, PORT]`)
    .option(
      "-d, --database <file or URL>",
      "where the data is kept: a file, or postgres://… (default: ./gatehouse.db) [env: GATEHOUSE_DATABASE, DATABASE_URL]",
    )
    .option("--public-url <url>", "the URL under which clients reach it [env: GATEHOUSE_PUBLIC_URL]")
    .option(
      "--allow-insecure-public-url",
      "let the public URL be http:// on a network: passwords cross it readable [env: GATEHOUSE_ALLOW_INSECURE_PUBLIC_URL]",
    )
    .option("--tls-cert <file>", "serve https:// with this certificate [env: GATEHOUSE_TLS_CERT]")
    .option("--tls-key <file>", "and this key [env: GATEHOUSE_TLS_KEY]")
    .option("--trust-proxy", "read X-Forwarded-For, for logs and limits [env: GATEHOUSE_TRUST_PROXY]")
    .option("--debug", "print more log lines [env: GATEHOUSE_DEBUG]")
    .addHelpText(
      "after",
      `
The master secret comes from GATEHOUSE_SECRET, or from a key file made beside the database.
The to-do lists are in a file of their own beside the database (gatehouse-todos.db). Where the
database is Postgres or :memory:, they are in memory, and end with the server.

Behind an identity provider (gatehouse provider tells what to do there):
  OAUTH_ISSUER and OAUTH_AUDIENCE, where needed OAUTH_JWKS_URI, OAUTH_WELL_KNOWN_URL
  and OAUTH_ALLOW_INSECURE_ISSUER (http:// on a network),
  or SCALEKIT_ENVIRONMENT_URL and SCALEKIT_RESOURCE_ID or SCALEKIT_AUDIENCE_NAME, or both.
While any variable of a provider is set, nobody signs in here.`,
    )
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  // The heavy modules after the options: a wrong one should not take time.
  const [{ parseOptions }, { allowInsecurePublicUrl }, { loadEnvironment }, { providerFromEnvironment }] =
    await Promise.all([
      import("../../config/options.ts"),
      import("../../config/options-schema.ts"),
      import("../../config/environment.ts"),
      import("../../providers/environment.ts"),
    ]);
  const environment = loadEnvironment();
  const provider = providerFromEnvironment(environment);
  const basicScope = provider === undefined ? "mcp" : null;
  const settings = parseOptions("Gatehouse demo", {}, await given(flags, environment), basicScope);
  const { port: _text, tlsCert: _cert, tlsKey: _key, allowInsecurePublicUrl: insecure, ...plain } = flags;
  const [{ createDemoServer, DEMO_PERSON }, { todosFileOf }] = await Promise.all([
    import("../../demo/server.ts"),
    import("../../demo/todos.ts"),
  ]);
  const options = {
    ...plain,
    port: settings.port,
    ...(settings.tls && { tls: settings.tls }),
    ...(insecure && { [allowInsecurePublicUrl]: true }),
  };
  const server = createDemoServer(options, provider);
  const { url } = await server.listen();
  const signIn = provider ? providerLines(provider) : ownLines(DEMO_PERSON);
  // Behind a provider, the to-do lists are all that is kept.
  const data = provider ? todosFileOf(settings.database) : settings.database;
  printBanner({ url, signIn, data, settings, isOpenToAll: provider === undefined });
}

/** The environment and, over it, the flags. */
async function given({ port, ...flags }: DemoFlags, environment: Environment): Promise<EnvironmentOptions> {
  const { environmentOptions } = await import("../../config/environment.ts");
  const options = new Map(environmentOptions(environment));
  // The scopes are the demonstration's own.
  options.delete("supportedScopes");
  options.delete("requiredScopes");
  options.delete("challengeScopes");
  for (const [name, value] of Object.entries(flags)) set(options, OPTION_OF.get(name) ?? name, value);
  // What is no number goes on as it is: the schema refuses it and shows it.
  if (port !== undefined) set(options, "port", /^\d+$/.test(port) ? Number(port) : port);
  else if (!options.has("port")) set(options, "port", DEFAULT_PORT);
  return options;
}

type Lines = readonly (readonly [string, string])[];

function ownLines({ username, password }: { readonly username: string; readonly password: string }): Lines {
  return [["Sign in", `${username} / ${password}`]];
}

function providerLines({ issuer, audience }: ProviderOptions): Lines {
  return [
    ["Sign in", `at ${issuer}`],
    ["Tokens for", [audience].flat().join(" or ")],
  ];
}

const OPTION_OF: ReadonlyMap<string, string> = new Map([
  ["tlsCert", "tls.cert"],
  ["tlsKey", "tls.key"],
]);

/** Under the option's own name, which a complaint then begins with. */
function set(
  options: Map<string, { variable: string; value: unknown }>,
  option: string,
  value: unknown,
): void {
  options.set(option, { variable: option, value });
}

function printBanner({
  url,
  signIn,
  data,
  settings,
  isOpenToAll,
}: {
  readonly url: string;
  readonly signIn: Lines;
  /** The database or file where the data is kept. */
  readonly data: string;
  readonly settings: Settings;
  /** Whether the password is known to everybody. */
  readonly isOpenToAll: boolean;
}): void {
  print(`\n  ${bold("Gatehouse demo")} is running.\n`);
  printPairs([
    ["MCP URL", bold(url)],
    ...signIn,
    ["Data", placeOf(data)],
    ["Try", `claude mcp add --transport http gatehouse-demo ${url}`],
    ["", `or open ${url.slice(0, -settings.path.length)}/ for other clients`],
    ["Stop", "Ctrl+C"],
  ]);
  const exposed = !isLoopbackHost(settings.host) || !isLoopbackHost(new URL(url).hostname);
  if (exposed && isOpenToAll) {
    print(
      warning(
        "\n  Careful: this faces a network, and everybody knows the password of the demo person. Use it for a try, not for data.",
      ),
    );
  }
  print("");
}

function placeOf(database: string): string {
  if (database === ":memory:") return "in memory, gone when it stops";
  if (isPostgresUrl(database)) return shownDatabase(database);
  return isAbsolute(database) ? database : `${database}  (in ${process.cwd()})`;
}
