import { Command } from "commander";
import { type DatabaseFlags, databaseOption, sayDatabase, withStore } from "../../database.ts";
import { readNewPassword } from "../../new-password.ts";
import { addPerson, newPerson, type PersonFlags, usernameOf, withPersonFlags } from "../../new-person.ts";
import { print } from "../../output.ts";

/** `gatehouse person add`. */
export function addCommand(): Command {
  return withPersonFlags(
    new Command("add")
      .argument("<username>")
      .description(
        "Add a person who signs in with a username and password. Asks for the password, or reads it from standard input.",
      ),
  )
    .addOption(databaseOption())
    .action(add);
}

async function add(typed: string, flags: PersonFlags & DatabaseFlags): Promise<void> {
  const username = usernameOf(typed);
  // Before the password is asked for: a wrong flag should not take time.
  newPerson(typed, flags, undefined, 0);
  const password = await readNewPassword(username);
  const { passwordHashOf } = await import("../../../authorization-server/sign-in/users/password-hashing.ts");
  const hash = await passwordHashOf(password);
  const person = await withStore(
    flags,
    async (store, settings, clock) => {
      const added = newPerson(typed, flags, hash, clock());
      await addPerson(added, store);
      sayDatabase(flags, settings);
      return added.person;
    },
    { mayMake: true },
  );
  print(`Added ${username} with the id ${person.id}.`);
}
