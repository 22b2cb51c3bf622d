import { Command } from "commander";
import type { CopyFlags } from "../copy-database.ts";
import { type DatabaseFlags, databaseOption } from "../database.ts";
import { print } from "../output.ts";

export function databaseCommand(): Command {
  const command = new Command("database").description(
    "Manage the database: check, back up, migrate and copy it.",
  );
  command
    .command("check")
    .description("Check schema, secret, clock, space and damage. The exit code is 1 if something is wrong.")
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(check);
  command
    .command("backup")
    .description("Copy an SQLite file while a server uses it. Overwrites nothing.")
    .requiredOption("--to <file>", "the file to make")
    .addOption(databaseOption())
    .action(backup);
  command
    .command("copy")
    .description(
      "Copy everything to an empty database, and compare both. Tokens stay valid. Stop the server first. If it is interrupted, run it again: it continues.",
    )
    .requiredOption("--from <file or URL>", "a file, or postgres://…")
    .requiredOption("--to <file or URL>", "a file, or postgres://…")
    .option(
      "--while-running",
      "copy while the server runs; to finish, stop the server and run the same without this flag",
    )
    .addHelpText("after", "\nStep by step: docs/deploy/moving.md")
    .action(copy);
  command
    .command("migrate")
    .description("Migrate the schema to this version. A server does so when it starts.")
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
