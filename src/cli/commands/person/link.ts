import { Command } from "commander";
import { ConfigurationError } from "../../../core/errors.ts";
import { visible } from "../../../platform/terminal.ts";
import type { CredentialKind } from "../../../store/credential.ts";
import type { IdentityRecord, PersonRecord } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import { confirm } from "../../confirm.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { operatorEntry } from "../../operator.ts";
import { print } from "../../output.ts";
import { toRun } from "../../same-database.ts";
import { type Holdings, holdingsOf, inWords } from "./holdings.ts";
import { called, personNamed } from "./named.ts";

type LinkFlags = DatabaseFlags & { readonly yes?: true };

export function linkCommand(): Command {
  return new Command("link")
    .argument(
      "<survivor>",
      "the person who stays: an id, or an address or a username that only one person has",
    )
    .argument("<gone>", "the person who becomes the survivor; this id ends")
    .description(
      "Make two people one. The identities, sessions and grants of the second become the first's. If both have a password, or an authenticator app, the first's stays.",
    )
    .option("--yes", "do not ask")
    .addOption(databaseOption())
    .action(link);
}

async function link(survivorName: string, goneName: string, flags: LinkFlags): Promise<void> {
  await withStore(flags, async (store, _settings, clock) => {
    const survivor = await personNamed(survivorName, store, clock());
    const gone = await personNamed(goneName, store, clock());
    const ids = { survivor: survivor.person.id, gone: gone.person.id };
    if (ids.survivor === ids.gone) {
      throw new ConfigurationError(`${survivorName} and ${goneName} are the same person: ${ids.gone}.`);
    }
    const identities = await store.listIdentities(ids.gone);
    if (gone.disabledAt !== null && identities.length === 0) throw keepsOut(gone, survivor);
    const moved = whatMoves(identities, await holdingsOf(ids.gone, store, clock()));
    const dropped = await whatIsDropped(ids, store);
    if (!flags.yes) await confirm(question(survivor, gone, `${moved}. ${dropped}`));
    const entry = operatorEntry("person.linked", { person: ids.survivor, gone: ids.gone });
    if (!(await store.linkPeople(ids, clock(), entry))) {
      throw new ConfigurationError("One of the two was removed just now. Nothing was changed.");
    }
    print(
      `${called(gone.person)} is now ${called(survivor.person)}. What moved: ${moved}. ${dropped}`.trimEnd(),
    );
    if (isEitherDisabled(survivor, gone)) print(`${ids.survivor} is disabled.`);
  });
}

/** Nothing leads from the id to the survivor, and with the row goes what keeps it out: a provider's token may have this id. */
function keepsOut(gone: PersonRecord, survivor: PersonRecord): ConfigurationError {
  const id = visible(gone.person.id);
  return new ConfigurationError(
    `${id} is disabled and has no identity here: linking moves nothing, and would let a provider's token with this id in. ` +
      `To keep out both, use: ${toRun(`person disable ${visible(survivor.person.id)}`)}`,
  );
}

function whatMoves(identities: readonly IdentityRecord[], holdings: Holdings): string {
  const labels = identities.map(({ method, label }) => `${method} ${visible(label)}`);
  return `${labels.join(", ") || "no identity"}; ${inWords(holdings)}`;
}

function question(survivor: PersonRecord, gone: PersonRecord, moved: string): string {
  const [id, endingId] = [survivor, gone].map(({ person }) => visible(person.id));
  return (
    `Make ${called(gone.person)} and ${called(survivor.person)} one person? The id ${id} survives. ` +
    `What moves to it: ${moved.trimEnd()} The id ${endingId} ends: what your tools keep under it stays there. ` +
    (isEitherDisabled(survivor, gone) ? `One of them is disabled, so ${id} will be. ` : "") +
    "This cannot be undone."
  );
}

/** A person has one password, and one authenticator app with its recovery codes. */
async function whatIsDropped(
  { survivor, gone }: { readonly survivor: string; readonly gone: string },
  store: Pick<Store, "findCredential">,
): Promise<string> {
  const both = async (kind: CredentialKind) => {
    const found = await Promise.all([survivor, gone].map((id) => store.findCredential(id, kind)));
    return found.every((credential) => credential !== undefined);
  };
  const [stays, ends] = [survivor, gone].map(visible);
  const password = (await both("password")) ? [`Both have a password: that of ${ends} is dropped.`] : [];
  const app = (await both("totp"))
    ? [
        `Both have an authenticator app: that of ${stays} stays, and that of ${ends} and its recovery codes are dropped.`,
      ]
    : [];
  return [...password, ...app].join(" ");
}

function isEitherDisabled(...both: readonly PersonRecord[]): boolean {
  return both.some(({ disabledAt }) => disabledAt !== null);
}
