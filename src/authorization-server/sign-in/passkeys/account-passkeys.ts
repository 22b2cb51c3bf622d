import type { OAuthError } from "../../../core/errors.ts";
import type { UnauditedEvent } from "../../../core/events.ts";
import { displayName } from "../../../core/person.ts";
import { logRefusal } from "../../../http/boundary.ts";
import { PageError, type Says } from "../../../pages/page-error.ts";
import { PASSKEY_SCRIPT_HASH } from "../../../pages/passkey-script.ts";
import { accountPasskeysSection, PASSKEY_FIELD } from "../../../pages/passkeys.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Credential } from "../../../store/credential.ts";
import type { Store } from "../../../store/store.ts";
import type { Recorder } from "../../recorder.ts";
import type { AccountPart, AskedOfPart, AtAccount, PartAnswer } from "../account-part.ts";
import { useChallenge } from "./challenges.ts";
import { creationOptions, labelOf, type NewPasskeyParts, readNewPasskey } from "./new-passkey.ts";
import { PASSKEYS, readStored } from "./stored-passkey.ts";

export type AccountPasskeysParts = NewPasskeyParts & {
  readonly store: Pick<
    Store,
    "listCredentials" | "findByIdentity" | "addCredentials" | "removeCredentials" | "useAssertion"
  >;
  readonly recorder: Pick<Recorder, "prepare">;
  readonly log: Log<UnauditedEvent>;
};

/** More than anyone has devices. Each is a row, and part of each page. */
const MOST_PASSKEYS = 20;

/** The section in which people add passkeys, and remove them. */
export function accountPasskeys(parts: AccountPasskeysParts): AccountPart {
  const texts = parts.look.texts.account.passkeys;
  return {
    section: (at) => section(at, parts),
    lists: ({ method }) => method === PASSKEYS,
    scriptHashes: [PASSKEY_SCRIPT_HASH],
    actions: { add: (asked) => add(asked, parts), remove: (asked) => remove(asked, parts) },
    notices: {
      added: { text: texts.added, changed: true },
      removed: { text: texts.removed, changed: true },
      not_there: { text: texts.notThere, changed: false },
      last_way_in: { text: texts.lastWayIn, changed: false },
    },
  };
}

async function section(at: AtAccount, parts: AccountPasskeysParts) {
  const { person, identities, session, canChange, problem, form, wayInWithout } = at;
  const own = await passkeysOf(person.id, parts);
  const here = parts.relyingParty.id;
  const listed = identities.filter(({ method }) => method === PASSKEYS);
  const options = () =>
    creationOptions(
      {
        use: useOf(session),
        userHandle: own[0] && readStored(own[0]).userHandle,
        name: displayName(person),
        others: listed.flatMap(({ issuer, subject }) => (issuer === here ? [subject] : [])),
      },
      parts,
    );
  return accountPasskeysSection({
    look: parts.look,
    passkeys: listed.map((identity) => {
      const { subject: id, label, issuer, createdAt, usedAt } = identity;
      const credential = own.find((one) => one.id === id);
      return {
        id,
        label,
        isSynced: credential !== undefined && readStored(credential).isSynced,
        createdAt,
        usedAt,
        otherHost: issuer === here ? undefined : issuer,
        isLastWayIn: wayInWithout(identity) === undefined,
      };
    }),
    options: canChange ? options() : undefined,
    problem: problem?.message,
    form,
  });
}

/** A challenge for one session: no other one can finish what it began. */
const useOf = (session: string) => ({ purpose: "account", boundTo: session }) as const;

async function passkeysOf(
  personId: string,
  { store }: Pick<AccountPasskeysParts, "store">,
): Promise<readonly Credential[]> {
  return (await store.listCredentials(personId)).filter(({ kind }) => kind === "passkey");
}

async function add(asked: AskedOfPart, parts: AccountPasskeysParts): Promise<PartAnswer> {
  const { current, form, peer, request } = asked;
  const { store, recorder, clock } = parts;
  const { id: personId } = current.person;
  const refused = (says: Says, detail?: string): PartAnswer => {
    const error = refusal(says, detail);
    logRefusal(error, request, parts.log, peer);
    return { kind: "refused", error };
  };
  const isFull = async () => (await passkeysOf(personId, parts)).length >= MOST_PASSKEYS;
  const full = () => refused(({ account }) => account.passkeys.full(MOST_PASSKEYS));
  if (await isFull()) return full();
  const others = asked.identities.filter(({ method }) => method === PASSKEYS).map(({ label }) => label);
  const label = unlike(others, labelOf(form.get("name"), request.headers.get("user-agent"), parts.look));
  const made = await readNewPasskey(
    form.get(PASSKEY_FIELD),
    useOf(current.signIn),
    label,
    parts,
    (challenge) => useChallenge(challenge, store),
  );
  if ("problem" in made) return refused(() => made.problem, made.detail);
  const { identity, credential } = made;
  const { entry, log } = recorder.prepare("credential.added", { person: personId, kind: "passkey" }, peer);
  const isAdded = await store.addCredentials(
    {
      personId,
      credentials: [{ ...credential, personId }],
      identity,
      most: MOST_PASSKEYS,
      session: current.signIn,
      now: clock(),
    },
    entry,
  );
  if (isAdded) {
    log();
    return { kind: "done", notice: "added" };
  }
  // Others were added at the same time.
  if (await isFull()) return full();
  return (await store.findByIdentity(identity))
    ? refused(({ account }) => account.passkeys.inUse, "its credential id is someone's")
    : refused(({ account }) => account.password.signedOut, "the session is over");
}

/** With a number where one of the person's passkeys is called so already. */
function unlike(others: readonly string[], label: string): string {
  const taken = new Set(others.map((other) => other.toLowerCase()));
  let [unique, number] = [label, 1];
  while (taken.has(unique.toLowerCase())) {
    number += 1;
    unique = `${label} ${number}`;
  }
  return unique;
}

async function remove(asked: AskedOfPart, parts: AccountPasskeysParts): Promise<PartAnswer> {
  const { current, form, peer, identities, wayInWithout } = asked;
  const { store, recorder, clock } = parts;
  const { id: personId } = current.person;
  const identity = identities.find(
    ({ method, subject }) => method === PASSKEYS && subject === form.get("credential"),
  );
  if (!identity) return { kind: "done", notice: "not_there" };
  const keeping = wayInWithout(identity);
  if (!keeping) return { kind: "done", notice: "last_way_in" };
  const { entry, log } = recorder.prepare("credential.removed", { person: personId, kind: "passkey" }, peer);
  const isRemoved = await store.removeCredentials(
    {
      personId,
      kind: "passkey",
      ids: [identity.subject],
      identity,
      keeping,
      session: current.signIn,
      now: clock(),
    },
    entry,
  );
  if (!isRemoved) {
    const error = refusal(({ account }) => account.passkeys.changedMeanwhile);
    return { kind: "refused", error };
  }
  log();
  return { kind: "done", notice: "removed" };
}

function refusal(says: Says, detail?: string): OAuthError {
  return new PageError("invalid_request", says, detail === undefined ? {} : { detail });
}
