import { Command } from "commander";
import { environmentOptions, loadEnvironment } from "../../config/environment.ts";
import { allowInsecurePublicUrl, type OAuthServerOptions, parseOptions } from "../../config/options.ts";
import type { Settings } from "../../config/settings.ts";
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
    .description("Start the demonstration server: an MCP server with its own sign-in.")
    .option(
      "--host <address>",
      "the address to listen on (default: localhost, this computer only) [env: GATEHOUSE_HOST, HOST]",
    )
    .option("-p, --port <number>", `the port (default: ${DEFAULT_PORT}) [env: GATEHOUSE_PORT, PORT]`)
    .option(
      "-d, --database <file>",
      "where the data is kept (default: ./gatehouse.db) [env: GATEHOUSE_DATABASE]",
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
      "\nThe master secret comes from GATEHOUSE_SECRET, or from a key file made beside the database.",
    )
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  const environment = environmentOptions(loadEnvironment());
  const options = optionsOf(flags, environment.has("port"));
  // Before the heavy modules are loaded: a wrong option should not take time.
  const settings = parseOptions("Gatehouse demo", options, environment);
  const { createDemoServer, DEMO_PERSON } = await import("../../demo/server.ts");
  const { url } = await createDemoServer(options).listen();
  printBanner(url, `${DEMO_PERSON.username} / ${DEMO_PERSON.password}`, settings);
}

function optionsOf(flags: DemoFlags, portInEnvironment: boolean): OAuthServerOptions {
  const { tlsCert, tlsKey, port, allowInsecurePublicUrl: insecure, ...plain } = flags;
  return {
    ...plain,
    ...(port === undefined
      ? portInEnvironment
        ? {}
        : { port: DEFAULT_PORT }
      : // What is no number goes on as it is: the schema refuses it and shows it.
        { port: /^\d+$/.test(port) ? Number(port) : (port as unknown as number) }),
    ...(insecure ? { [allowInsecurePublicUrl]: true } : {}),
    ...(tlsCert === undefined && tlsKey === undefined
      ? {}
      : { tls: { cert: tlsCert ?? "", key: tlsKey ?? "" } }),
  };
}

function printBanner(url: string, signIn: string, settings: Settings): void {
  print(`\n  ${bold("Gatehouse demo")} is running.\n`);
  printPairs([
    ["MCP URL", bold(url)],
    ["Sign in", signIn],
    ["Data", settings.database === ":memory:" ? "in memory, gone when it stops" : settings.database],
    ["Try", `claude mcp add --transport http gatehouse-demo ${url}`],
    ["", `or open ${new URL("/", url).href} for other clients`],
    ["Stop", "Ctrl+C"],
  ]);
  const exposed = !isLoopbackHost(settings.host) || !isLoopbackHost(new URL(url).hostname);
  if (exposed) {
    print(
      warning(
        "\n  Careful: this faces a network, and everybody knows the password of the demo person. Use it for a try, not for data.",
      ),
    );
  }
  print("");
}
