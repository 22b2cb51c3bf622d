import { Command } from "commander";
import { passkeyIdentity } from "../../../authorization-server/sign-in/passkeys/stored-passkey.ts";
import { USERS } from "../../../authorization-server/sign-in/users/usernames.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import { visible } from "../../../platform/terminal.ts";
import type { Credential } from "../../../store/credential.ts";
import type { IdentityRecord } from "../../../store/people-records.ts";
import { confirm } from "../../confirm.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { operatorEntry } from "../../operator.ts";
import { print } from "../../output.ts";
import { called, personNamed } from "./named.ts";
import { type Passkey, passkeyNamed, passkeysIn } from "./passkey-id.ts";

/** `gatehouse person remove-passkey`. */
export function removePasskeyCommand(): Command {
  return new Command("remove-passkey")
    .argument("<person>", "an id, or an address or a username that only one person has")
    .argument("<passkey>", "its id or its name, as gatehouse person show prints them")
    .description(
      "Remove a passkey of a person: of a device that was lost, or one that may have been copied. Sessions and grants continue.",
    )
    .option("--yes", "do not ask")
    .addOption(databaseOption())
    .action(removePasskey);
}

async function removePasskey(
  name: string,
  passkeyName: string,
  flags: DatabaseFlags & { readonly yes?: true },
): Promise<void> {
  await withStore(flags, async (store, _settings, clock) => {
    const { person } = await personNamed(name, store, clock());
    const identities = await store.listIdentities(person.id);
    const credentials = await store.listCredentials(person.id);
    const passkey = passkeyNamed(passkeyName, passkeysIn(identities, credentials));
    const what = `the passkey ${visible(passkey.name)} of ${called(person)}`;
    const isLast = !hasAnotherWay(passkey, identities, credentials);
    if (!flags.yes) {
      await confirm(
        `Remove ${what}? ${isLast ? "It is their only way to sign in. " : ""}Sessions and grants continue: to end those too, use gatehouse person sign-out.`,
      );
    }
    const { host, id } = passkey;
    const entry = operatorEntry("credential.removed", { person: person.id, kind: "passkey" });
    const removed = { personId: person.id, kind: "passkey", ids: [id], now: clock() } as const;
    if (!(await store.removeCredentials({ ...removed, identity: passkeyIdentity(host, id) }, entry))) {
      throw new ConfigurationError(`That passkey was removed just now. Nothing was changed.`);
    }
    print(`Removed ${what}.`);
    if (isLast) print("They have no other way to sign in.");
  });
}

/** A username without a password is none. */
function hasAnotherWay(
  { id, host }: Passkey,
  identities: readonly IdentityRecord[],
  credentials: readonly Credential[],
): boolean {
  const hasPassword = credentials.some(({ kind }) => kind === "password");
  return identities.some(
    ({ method, issuer, subject }) =>
      !(issuer === host && subject === id) && (method !== USERS || hasPassword),
  );
}
