import { Command, CommanderError } from "commander";
import { packageVersion } from "../platform/version.ts";
import { complaint } from "./complaint.ts";
import { failureText } from "./failure.ts";
import { printError } from "./output.ts";
import { rememberFlags } from "./same-database.ts";

/** Runs one command to its end. What it came to is in `process.exitCode`. */
export async function run(parameters: readonly string[]): Promise<void> {
  try {
    await (await createProgram(parameters)).parseAsync(parameters, { from: "user" });
  } catch (error) {
    // What Commander throws, it has said itself; it may also be the end of --help.
    if (!(error instanceof CommanderError)) {
      printError(`gatehouse: ${failureText(error, parameters.includes("--debug"))}`);
    }
    process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
  }
}

/**
 * In the order of the help. Only the one that runs is loaded: the others would bring half of the package along. A further command
 * is a file in commands/, and a line here.
 */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["demo", async () => (await import("./commands/demo.ts")).demoCommand()],
  ["client", async () => (await import("./commands/client.ts")).clientCommand()],
  ["person", async () => (await import("./commands/person.ts")).personCommand()],
  ["grant", async () => (await import("./commands/grant.ts")).grantCommand()],
  ["key", async () => (await import("./commands/key.ts")).keyCommand()],
  ["audit", async () => (await import("./commands/audit.ts")).auditCommand()],
  ["secret", async () => (await import("./commands/secret.ts")).secretCommand()],
  ["database", async () => (await import("./commands/database.ts")).databaseCommand()],
  ["check", async () => (await import("./commands/check.ts")).checkCommand()],
  ["provider", async () => (await import("./commands/provider.ts")).providerCommand()],
]);

async function createProgram([name = "", helped = ""]: readonly string[]): Promise<Command> {
  const program = new Command("gatehouse")
    .exitOverride()
    .description("OAuth 2.1 in front of MCP servers.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(add --help to see what is possible)")
    .hook("preAction", (_program, command) => rememberFlags(command))
    .addHelpText(
      "after",
      `
Options that text can say can also come from the environment or from a .env file in the working directory, as
GATEHOUSE_ and the name: GATEHOUSE_PUBLIC_URL for --public-url. An option on the command line wins.

Try it:
  $ gatehouse demo`,
    );
  const named = COMMANDS.get(name === "help" ? helped : name);
  // Help, and a name that is none of them, need all.
  const loaders = named ? [named] : [...COMMANDS.values()];
  for (const command of await Promise.all(loaders.map((load) => load()))) program.addCommand(command);
  inheritSettings(program);
  // Commander's own reads one name: `help grant list` would be `help grant`.
  return program.helpCommand(false).addCommand(helpCommand(program));
}

function helpCommand(program: Command): Command {
  const command = new Command("help").copyInheritedSettings(program);
  return command
    .description("show help for a command")
    .argument("[command...]")
    .action((names: readonly string[]) => {
      let helped = program;
      for (const name of names) {
        helped =
          helped.commands.find((one) => one.name() === name) ??
          helped.error(`error: unknown command '${name}'`);
      }
      helped.help();
    });
}

/** Commands take over their parent's settings where it makes them, and ours are made elsewhere. */
function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command);
  }
  parent.configureOutput({ outputError: (text, write) => write(complaint(text, parent)) });
}
