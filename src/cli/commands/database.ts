import { Command } from "commander";
import type { CopyFlags } from "../copy-database.ts";
import { type DatabaseFlags, databaseOption } from "../database.ts";
import { print } from "../output.ts";

export function databaseCommand(): Command {
  const command = new Command("database").description(
    "The database as a whole: check it, back it up, bring it up to date, copy it to another one.",
  );
  command
    .command("check")
    .description(
      "Look it over: schema, secret, clock, space, damage. The exit code is 1 where something is wrong.",
    )
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(check);
  command
    .command("backup")
    .description(
      "Copy an SQLite file as it is at this moment, while a server runs on it. Overwrites nothing.",
    )
    .requiredOption("--to <file>", "the file to make")
    .addOption(databaseOption())
    .action(backup);
  command
    .command("copy")
    .description(
      "Copy everything to an empty database, and compare both. Tokens stay valid. Stop the server first. Interrupted, it goes on when it is run again.",
    )
    .requiredOption("--from <file or URL>", "a file, or postgres://…")
    .requiredOption("--to <file or URL>", "a file, or postgres://…")
    .option(
      "--while-running",
      "take a head start while the server runs; the copy is finished by one without this, once it is stopped",
    )
    .addHelpText("after", "\nThe whole of it, step by step: docs/deploy/moving.md")
    .action(copy);
  command
    .command("migrate")
    .description("Bring the schema up to this version. A server that starts does so by itself.")
    .addOption(databaseOption())
    .action(migrate);
  return command;
}

async function check(flags: DatabaseFlags & { readonly json?: true }): Promise<void> {
  const { checkCommand } = await import("../check-database.ts");
  await checkCommand(flags);
}

async function backup(flags: DatabaseFlags & { readonly to: string }): Promise<void> {
  const { backupCommand } = await import("../backup-database.ts");
  await backupCommand(flags);
}

async function copy(flags: CopyFlags): Promise<void> {
  const { copyCommand } = await import("../copy-database.ts");
  await copyCommand(flags);
}

async function migrate(flags: DatabaseFlags): Promise<void> {
  const { migrateCommand } = await import("../migrate-database.ts");
  const applied = await migrateCommand(flags);
  print(applied.length === 0 ? "It is up to date." : `Applied ${applied.join(", ")}.`);
}
