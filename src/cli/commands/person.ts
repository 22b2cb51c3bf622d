import { Command } from "commander";
import { docsFile } from "../../platform/docs-file.ts";
import { disableCommand, enableCommand, signOutCommand } from "./person/access.ts";
import { addCommand } from "./person/add.ts";
import { disconnectCommand } from "./person/disconnect.ts";
import { importCommand } from "./person/import.ts";
import { inviteCommand } from "./person/invite.ts";
import { linkCommand } from "./person/link.ts";
import { listCommand } from "./person/list.ts";
import { passwdCommand } from "./person/passwd.ts";
import { removeCommand } from "./person/remove.ts";
import { removePasskeyCommand } from "./person/remove-passkey.ts";
import { resetFactorCommand } from "./person/reset-factor.ts";
import { setCommand } from "./person/set.ts";
import { showCommand } from "./person/show.ts";

/** In the order of the help. A further command is a file in person/, and a line here. */
const COMMANDS: readonly (() => Command)[] = [
  listCommand,
  showCommand,
  inviteCommand,
  addCommand,
  importCommand,
  setCommand,
  passwdCommand,
  resetFactorCommand,
  disconnectCommand,
  removePasskeyCommand,
  disableCommand,
  enableCommand,
  signOutCommand,
  removeCommand,
  linkCommand,
];

export function personCommand(): Command {
  const command = new Command("person").description(
    "Manage people: list, invite and change them, set passwords, remove passkeys and second factors, disconnect other services, disable, sign out, remove and link them.",
  );
  for (const create of COMMANDS) command.addCommand(create());
  return command.addHelpText(
    "after",
    `
<person> is an id, or an address or a username that only one person has. What each command ends: ${docsFile("people.md")}`,
  );
}
