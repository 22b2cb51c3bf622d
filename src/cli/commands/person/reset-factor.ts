import { Command } from "commander";
import { ConfigurationError } from "../../../core/errors.ts";
import { confirm } from "../../confirm.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { operatorEntry } from "../../operator.ts";
import { print } from "../../output.ts";
import { called, personNamed } from "./named.ts";

type ResetFactorFlags = DatabaseFlags & { readonly yes?: true };

export function resetFactorCommand(): Command {
  return new Command("reset-factor")
    .argument("<person>", "an id, or an address or a username that only one person has")
    .description(
      "Remove the authenticator app and recovery codes of a person who lost them. Where an app is required, their next sign-in sets up a new one.",
    )
    .option("--yes", "do not ask")
    .addOption(databaseOption())
    .action(resetFactor);
}

async function resetFactor(name: string, flags: ResetFactorFlags): Promise<void> {
  await withStore(flags, async (store, _settings, clock) => {
    const { person } = await personNamed(name, store, clock());
    if (!(await store.findCredential(person.id, "totp"))) {
      throw new ConfigurationError(`${called(person)} has no authenticator app. Nothing was changed.`);
    }
    if (!flags.yes) {
      await confirm(
        `Remove the authenticator app and recovery codes of ${called(person)}? Until they set up a new one, their password or mail ` +
          "link alone signs them in, and sets it up: make sure that it is really they who ask. Sessions and grants continue.",
      );
    }
    const entry = operatorEntry("credential.removed", { person: person.id, kind: "totp" });
    const removed = { personId: person.id, kind: "totp", also: ["recovery_code"], now: clock() } as const;
    if (!(await store.removeCredentials(removed, entry))) {
      throw new ConfigurationError(`The authenticator app of ${called(person)} was removed just now.`);
    }
    print(`Removed the authenticator app and recovery codes of ${called(person)}.`);
  });
}
