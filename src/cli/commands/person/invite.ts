import { Command } from "commander";
import { ConfigurationError } from "../../../core/errors.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Store } from "../../../store/store.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { type LinkFlags, readHours, readIssuer, withLinkFlags } from "../../link-settings.ts";
import { addPerson, newPerson, type PersonFlags, usernameOf, withPersonFlags } from "../../new-person.ts";
import { operatorEntry } from "../../operator.ts";
import { printLink } from "./link-output.ts";

type InviteFlags = DatabaseFlags & LinkFlags & PersonFlags;

/** `gatehouse person invite`. */
export function inviteCommand(): Command {
  const command = new Command("invite")
    .argument("[username]")
    .description(
      "Print a one-time link with which a new person chooses a password, and without <username> also a username.",
    );
  return withLinkFlags(withPersonFlags(command), 72).addOption(databaseOption()).action(invite);
}

async function invite(typed: string | undefined, flags: InviteFlags): Promise<void> {
  if (typed === undefined) refusePersonFlags(flags);
  else newPerson(typed, flags, undefined, 0);
  const [hours, issuer] = [readHours(flags), await readIssuer(flags)];
  const { newLink } = await import("../../../authorization-server/sign-in/users/one-time-links.ts");
  const { made, endsEarlier } = await withStore(
    flags,
    async (store, _settings, clock) => {
      const person = typed === undefined ? undefined : await invitedPerson(typed, flags, store, clock);
      const personId = person?.id ?? null;
      const link = newLink({ purpose: "invitation", personId, hours }, issuer, clock());
      const about = personId === null ? {} : { person: personId };
      await store.addLink(link.link, operatorEntry("person.invited", { ...about, purpose: "invitation" }));
      return { made: link, endsEarlier: person?.wasThere === true };
    },
    { mayMake: true },
  );
  const who = typed === undefined ? "a new person chooses a username and" : `${usernameOf(typed)} chooses`;
  const earlier = endsEarlier
    ? ` Invitations made for ${usernameOf(typed ?? "")} before no longer work.`
    : "";
  printLink(made, `With it, ${who} a password.${earlier}`);
}

/** The person of this username, who is added where there is none, and has no password yet. */
async function invitedPerson(
  typed: string,
  flags: InviteFlags,
  store: Store,
  clock: Clock,
): Promise<{ readonly id: string; readonly wasThere: boolean }> {
  const person = newPerson(typed, flags, undefined, clock());
  const known = await store.findByIdentity(person.identity);
  if (!known) {
    await addPerson(person, store);
    return { id: person.person.id, wasThere: false };
  }
  if (await store.findCredential(known.person.id, "password")) {
    throw new ConfigurationError(
      `${person.label} has a password already. For a link to set a new one: gatehouse person passwd ${person.label} --link`,
    );
  }
  return { id: known.person.id, wasThere: true };
}

function refusePersonFlags({ name, email, group, id }: InviteFlags): void {
  const said = Object.entries({ name, email, group, id }).find(([, value]) => value !== undefined);
  if (said) throw new ConfigurationError(`--${said[0]} needs a username: gatehouse person invite <username>`);
}
