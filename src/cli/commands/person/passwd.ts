import { Command } from "commander";
import { ConfigurationError } from "../../../core/errors.ts";
import { type DatabaseFlags, databaseOption, sayDatabase, withStore } from "../../database.ts";
import { type LinkFlags, readHours, readIssuer, withLinkFlags } from "../../link-settings.ts";
import { readNewPassword } from "../../new-password.ts";
import { findByUsername, usernameOf } from "../../new-person.ts";
import { operatorEntry } from "../../operator.ts";
import { print } from "../../output.ts";
import { toRun } from "../../same-database.ts";
import { printLink } from "./link-output.ts";

type PasswdFlags = DatabaseFlags & LinkFlags & { readonly link?: true };

/** `gatehouse person passwd`. */
export function passwdCommand(): Command {
  const command = new Command("passwd")
    .argument("<username>")
    .description(
      "Set a new password: asks for it, or reads it from standard input. With --link, print a one-time link with which the person sets it.",
    )
    .option("--link", "print a link instead of asking");
  return withLinkFlags(command, 1).addOption(databaseOption()).action(passwd);
}

async function passwd(typed: string, flags: PasswdFlags): Promise<void> {
  const username = usernameOf(typed);
  if (flags.link) return printResetLink(username, flags);
  if (flags.hours !== undefined) throw new ConfigurationError("--hours is for --link. Add --link too.");
  // Before the password is asked for: a mistyped name should not take time.
  await withStore(flags, (store) => findByUsername(username, store));
  const password = await readNewPassword(username);
  const { passwordHashOf } = await import("../../../authorization-server/sign-in/users/password-hashing.ts");
  const secret = await passwordHashOf(password);
  await withStore(flags, async (store, _settings, clock) => {
    const { id } = await findByUsername(username, store);
    const credential = {
      personId: id,
      kind: "password",
      id: "",
      secret,
      createdAt: clock(),
      counter: null,
      usedAt: null,
    } as const;
    const entry = operatorEntry("credential.changed", { person: id, kind: "password" });
    if (!(await store.saveCredential(credential, entry))) {
      throw new ConfigurationError(`The person ${username} has just been removed.`);
    }
  });
  print(
    `Set a new password for ${username}, who is signed out in every browser. Apps that they connected stay connected. To end those too: ${toRun(`person sign-out ${username}`)}`,
  );
}

async function printResetLink(username: string, flags: PasswdFlags): Promise<void> {
  const [hours, issuer] = [readHours(flags), await readIssuer(flags)];
  const { newLink } = await import("../../../authorization-server/sign-in/users/one-time-links.ts");
  const made = await withStore(flags, async (store, settings, clock) => {
    const { id } = await findByUsername(username, store);
    const link = newLink({ purpose: "password", personId: id, hours }, issuer, clock());
    await store.addLink(link.link, operatorEntry("person.invited", { person: id, purpose: "password" }));
    sayDatabase(flags, settings);
    return link;
  });
  printLink(made, `With it, ${username} sets a new password, and is signed out in every browser.`);
}
