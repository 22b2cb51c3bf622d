import { Command } from "commander";
import { addCommand } from "./person/add.ts";
import { importCommand } from "./person/import.ts";
import { inviteCommand } from "./person/invite.ts";
import { passwdCommand } from "./person/passwd.ts";

/** In the order of the help. A further command is a file in person/, and a line here. */
const COMMANDS: readonly (() => Command)[] = [addCommand, passwdCommand, importCommand, inviteCommand];

export function personCommand(): Command {
  const command = new Command("person").description("Manage people: add, invite and import them.");
  for (const create of COMMANDS) command.addCommand(create());
  return command;
}
