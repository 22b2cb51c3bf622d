import { Command, CommanderError } from "commander";
import { packageVersion } from "../platform/version.ts";
import { auditCommand } from "./commands/audit.ts";
import { checkCommand } from "./commands/check.ts";
import { clientCommand } from "./commands/client.ts";
import { databaseCommand } from "./commands/database.ts";
import { demoCommand } from "./commands/demo.ts";
import { grantCommand } from "./commands/grant.ts";
import { keyCommand } from "./commands/key.ts";
import { personCommand } from "./commands/person.ts";
import { providerCommand } from "./commands/provider.ts";
import { secretCommand } from "./commands/secret.ts";
import { failureText } from "./failure.ts";
import { printable, printError } from "./output.ts";
import { rememberFlags } from "./same-database.ts";

/** Runs one command to its end. What it came to is in `process.exitCode`. */
export async function run(parameters: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(parameters, { from: "user" });
  } catch (error) {
    // What Commander throws, it has said itself; it may also be the end of --help.
    if (!(error instanceof CommanderError)) {
      printError(`gatehouse: ${failureText(error, parameters.includes("--debug"))}`);
    }
    process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
  }
}

function createProgram(): Command {
  const program = new Command("gatehouse")
    .exitOverride()
    .description("OAuth 2.1 in front of MCP servers.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(add --help to see what is possible)")
    .configureOutput({
      outputError: (text, write) => write(printable(withoutValues(text.replace(/^error: /, "gatehouse: ")))),
    })
    .hook("preAction", (_program, command) => rememberFlags(command))
    .addCommand(demoCommand())
    .addCommand(clientCommand())
    .addCommand(personCommand())
    .addCommand(grantCommand())
    .addCommand(keyCommand())
    .addCommand(auditCommand())
    .addCommand(secretCommand())
    .addCommand(databaseCommand())
    .addCommand(checkCommand())
    .addCommand(providerCommand())
    .addHelpText(
      "after",
      `
Options that text can say can also come from the environment or from a .env file in the working directory, as
GATEHOUSE_ and the name: GATEHOUSE_PUBLIC_URL for --public-url. An option on the command line wins.

Try it:
  $ gatehouse demo`,
    );
  inheritSettings(program);
  return program;
}

/** What is one too many may be a secret: `person add ada <password>`, `--password=…`, `-p…`. */
function withoutValues(text: string): string {
  return text
    .replace(/(unknown option '--[^=']*)=.*'/s, "$1'")
    .replace(/(unknown option '-[^-]).*'/s, "$1'")
    .replace(/(too many arguments .* but got \d+): .*\./s, "$1.");
}

/** Commands take over their parent's settings where it makes them, and ours are made elsewhere. */
function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command);
  }
}
