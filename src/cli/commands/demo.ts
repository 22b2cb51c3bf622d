import { isAbsolute } from "node:path";
import { Command } from "commander";
import { isSecondFactor, methodsIn } from "../../authorization-server/sign-in/second-factor.ts";
import type { EnvironmentOptions } from "../../config/environment.ts";
import type { Settings } from "../../config/settings.ts";
import { isPostgresUrl, shownDatabase } from "../../core/database-url.ts";
import { isLoopbackHost } from "../../core/hosts.ts";
import { redirectUriOf } from "../../core/upstream-urls.ts";
import type { DemoAccess } from "../demo-access.ts";
import { flagOptions, OPTION_FLAGS } from "../option-flags.ts";
import { bold, print, printPairs, warning } from "../output.ts";
import { holdYoungGeneration, releaseYoungGeneration } from "../young-generation.ts";

/** By Commander's names. */
type DemoFlags = Readonly<Record<string, unknown>>;

const DEFAULT_PORT = 9000;

export function demoCommand(): Command {
  const command = new Command("demo").description(
    "Start the demonstration server: an MCP server with its own sign-in, with the ways to sign in that the environment names, or behind a provider that it names.",
  );
  for (const { path, option } of OPTION_FLAGS) {
    command.addOption(path === "port" ? option(String(DEFAULT_PORT)) : option());
  }
  return command
    .addHelpText(
      "after",
      `
The master secret comes from GATEHOUSE_SECRET, or from a key file made beside the database.
The to-do lists are in a file of their own beside the database (gatehouse-todos.db). Where the
database is Postgres or :memory:, they are in memory, and end with the server.

With other ways to sign in than the demo's own user (gatehouse provider google --sign-in says what
to do at Google):
  SIGN_IN=users,google lists them, SIGN_IN_GOOGLE_CLIENT_ID and so on are the options of each,
  and SIGN_IN_ADMIT_EMAILS and so on say who may come in.

Behind an identity provider whose tokens clients get themselves (gatehouse provider says what to do there):
  OAUTH_ISSUER and OAUTH_AUDIENCE, where needed OAUTH_JWKS_URI, OAUTH_WELL_KNOWN_URL
  and OAUTH_ALLOW_INSECURE_ISSUER (http:// on a network),
  or SCALEKIT_ENVIRONMENT_URL and SCALEKIT_RESOURCE_ID or SCALEKIT_AUDIENCE_NAME, or both.
While any variable of a provider is set, people sign in there, not here.`,
    )
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  holdYoungGeneration();
  // The heavy modules after the options: a wrong one should not take time.
  const [{ parseOptions, optionsOf }, { environmentOptions }, { commandEnvironment }, { readDemoAccess }] =
    await Promise.all([
      import("../../config/options.ts"),
      import("../../config/environment.ts"),
      import("../command-environment.ts"),
      import("../demo-access.ts"),
    ]);
  const environment = await commandEnvironment();
  const access = await readDemoAccess(environment);
  const fromFlags = flagOptions(flags);
  const given = withFlags(environmentOptions(environment), fromFlags);
  const provider = access && "authorization" in access ? access.authorization : undefined;
  const settings = parseOptions("Gatehouse demo", {}, given, provider === undefined ? "mcp" : null);
  const [{ createDemoServer, DEMO_PERSON }, { todosFileOf }] = await Promise.all([
    import("../../demo/server.ts"),
    import("../../demo/todos.ts"),
  ]);
  const { port, tls } = settings;
  const server = createDemoServer({ ...optionsOf(fromFlags), port, ...(tls && { tls }) }, access);
  const { url } = await server.listen();
  releaseYoungGeneration();
  const signIn =
    access === undefined ? ownLines(DEMO_PERSON) : accessLines(access, url.slice(0, -settings.path.length));
  // Behind a provider, the to-do lists are all that is kept.
  const data = provider ? todosFileOf(settings.database) : settings.database;
  printBanner({ url, signIn, data, settings, isOpenToAll: access === undefined });
}

/** What the environment says and, over it, the flags. */
function withFlags(environment: EnvironmentOptions, flags: EnvironmentOptions): EnvironmentOptions {
  const usual = [["port", { variable: "port", value: DEFAULT_PORT }]] as const;
  // The scopes are the demonstration's own.
  const others = [...environment].filter(([option]) => !SCOPES.has(option));
  return new Map([...usual, ...others, ...flags]);
}

const SCOPES: ReadonlySet<string> = new Set(["supportedScopes", "requiredScopes", "challengeScopes"]);

type Lines = readonly (readonly [string, string])[];

function ownLines({ username, password }: { readonly username: string; readonly password: string }): Lines {
  return [["Sign in", `${username} / ${password}`]];
}

function accessLines(access: DemoAccess, issuer: string): Lines {
  if ("signIn" in access) {
    const methods = methodsIn(access.signIn);
    const atProviders = methods.filter(({ provider }) => provider !== undefined);
    return [
      ["Sign in", `with ${methods.map(({ label }) => label).join(", ")}`],
      ...access.signIn
        .filter(isSecondFactor)
        .map(({ label, forWhom }): Lines[number] => [
          "Then",
          `with ${label}${forWhom === undefined ? "" : `, ${forWhom}`}`,
        ]),
      ...atProviders.map(({ name, label }): Lines[number] => [
        "Redirect URI",
        `${redirectUriOf(issuer, name)} (at ${label})`,
      ]),
    ];
  }
  const { issuer: provider, audience } = access.authorization;
  return [
    ["Sign in", `at ${provider}`],
    ["Tokens for", [audience].flat().join(" or ")],
  ];
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
        "\n  Careful: this server is reachable from a network, and everyone knows the demo password. Use it to try things out, not for data.",
      ),
    );
  }
  print("");
}

function placeOf(database: string): string {
  if (database === ":memory:") return "in memory, gone when it stops";
  if (isPostgresUrl(database)) return shownDatabase(database);
  return isAbsolute(database) ? database : `${database} (in ${process.cwd()})`;
}
