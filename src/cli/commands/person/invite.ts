import { Command } from "commander";
import { ConfigurationError } from "../../../core/errors.ts";
import type { Clock } from "../../../platform/clock.ts";
import { shellWord } from "../../../platform/shell-word.ts";
import type { PersonRecord } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import { type DatabaseFlags, databaseOption, sayDatabase, withStore } from "../../database.ts";
import { type LinkFlags, readHours, readIssuer, withLinkFlags } from "../../link-settings.ts";
import { openCommandMailer, readMailFlag } from "../../mail-settings.ts";
import { addPerson, newPerson, type PersonFlags, usernameOf, withPersonFlags } from "../../new-person.ts";
import { operatorEntry } from "../../operator.ts";
import { print } from "../../output.ts";
import { toMakeLink, toRun } from "../../same-database.ts";
import { hoursOf, printLink, sayWhatLinksNeed } from "./link-output.ts";

type InviteFlags = DatabaseFlags &
  LinkFlags &
  PersonFlags & { readonly mail?: string; readonly appName?: string };

/** `gatehouse person invite`. */
export function inviteCommand(): Command {
  const command = new Command("invite")
    .argument("[username]")
    .description(
      "Print a one-time link. With it, a new person chooses a password and, without <username>, a username. With --mail, send it to them.",
    )
    .option(
      "--mail <address>",
      "send the link to this address, by the mail server of SIGN_IN_MAGIC_LINK_SMTP and …_FROM; with <username>, the address is the person's",
    )
    .option("--app-name <name>", "what the email calls your server (default: the host of its URL)");
  return withLinkFlags(withPersonFlags(command), 72).addOption(databaseOption()).action(invite);
}

async function invite(typed: string | undefined, given: InviteFlags): Promise<void> {
  const mailbox = given.mail === undefined ? undefined : readMailFlag(given.mail);
  if (typed === undefined) refusePersonFlags(given);
  if (given.appName !== undefined && mailbox === undefined)
    throw new ConfigurationError("--app-name is for --mail. Add --mail too.");
  // What the operator sends a person's invitation to is theirs.
  const emails =
    mailbox === undefined || typed === undefined ? given.email : [mailbox, ...(given.email ?? [])];
  const flags: InviteFlags = { ...given, ...(emails !== undefined && { email: [...new Set(emails)] }) };
  if (typed !== undefined) newPerson(typed, flags, undefined, 0);
  const [hours, issuer] = [readHours(flags), await readIssuer(flags)];
  // Before anything is written: a mail server that can't be used should leave no person behind.
  const send = mailbox === undefined ? undefined : await openCommandMailer();
  const { newLink } = await import("../../../authorization-server/sign-in/users/one-time-links.ts");
  const { made, isNew, endsEarlier } = await withStore(
    flags,
    async (store, settings, clock) => {
      const person = typed === undefined ? undefined : await invitedPerson(typed, flags, store, clock);
      const personId = person?.id ?? null;
      const link = newLink({ purpose: "invitation", personId, hours }, issuer, clock());
      const about = personId === null ? {} : { person: personId };
      await store.addLink(link.link, operatorEntry("person.invited", { ...about, purpose: "invitation" }));
      sayDatabase(flags, settings);
      return { made: link, isNew: person?.wasThere === false, endsEarlier: person?.wasThere === true };
    },
    { mayMake: true },
  );
  const who = typed === undefined ? "a new person chooses a username and" : `${usernameOf(typed)} chooses`;
  const earlier = endsEarlier
    ? ` Invitations made for ${usernameOf(typed ?? "")} before no longer work.`
    : "";
  if (send === undefined || mailbox === undefined) {
    return printLink(made, `With it, ${who} a password.${earlier}`);
  }
  const { invitationMail } = await import("../../../authorization-server/sign-in/mail/mail-texts.ts");
  const { host } = new URL(issuer);
  const username = typed === undefined ? undefined : usernameOf(typed);
  const mail = invitationMail(given.appName ?? host, { url: made.url, username, hours: hoursOf(made) });
  await send({ to: mailbox, ...mail }).catch((error: unknown) => {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`${error.message} ${leftBehind(username, isNew)}`);
  });
  sayWhatLinksNeed();
  print(
    `Sent the invitation to ${mailbox}. With its link, ${who} a password, within ${hoursOf(made)} hours.${earlier}`,
  );
}

/** What a command that sent nothing has done, and how it goes on. */
function leftBehind(username: string | undefined, isNew: boolean): string {
  if (username === undefined) return "The invitation was sent to no one. It expires by itself.";
  const next = `For a link to send yourself: ${toMakeLink(`person invite ${username}`)}`;
  return isNew
    ? `${username} was added with this address. ${next} To undo it: ${toRun(`person remove ${username}`)}`
    : `${username} has no link that works now. ${next}`;
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
      `${person.label} has a password already. For a link to set a new one: ${toMakeLink(`person passwd ${person.label} --link`)}`,
    );
  }
  refuseChanges(known, flags, person.label);
  return { id: known.person.id, wasThere: true };
}

/** An invitation adds a person, and changes none. */
function refuseChanges({ person, emails, groups }: PersonRecord, flags: PersonFlags, username: string): void {
  if (flags.id !== undefined && flags.id !== person.id)
    throw new ConfigurationError(`${username} already exists with the id ${person.id}. Leave out --id.`);
  const addresses = emails.map((address) => address.toLowerCase());
  const email = flags.email?.find((one) => !addresses.includes(one.toLowerCase()));
  const group = flags.group?.find((one) => !groups.includes(one));
  const changes = [
    flags.name !== undefined && flags.name !== person.name && `--name ${shellWord(flags.name)}`,
    email !== undefined && `--add-email ${shellWord(email)}`,
    group !== undefined && `--add-group ${shellWord(group)}`,
  ].filter((change) => change !== false);
  if (changes.length === 0) return;
  throw new ConfigurationError(
    `${username} already exists, and an invitation doesn't change a person. Run this first: ${toRun(`person set ${username} ${changes.join(" ")}`)}`,
  );
}

function refusePersonFlags({ name, email, group, id }: InviteFlags): void {
  const said = Object.entries({ name, email, group, id }).find(([, value]) => value !== undefined);
  if (said)
    throw new ConfigurationError(`--${said[0]} needs a username: ${toMakeLink("person invite <username>")}`);
}
