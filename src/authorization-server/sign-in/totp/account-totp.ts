import type { OAuthError } from "../../../core/errors.ts";
import { displayName, type Person } from "../../../core/person.ts";
import { type AccountTotpShown, accountTotpSection } from "../../../pages/account/totp.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { Credential, CredentialKind, NewCredentials } from "../../../store/credential.ts";
import type { IdentityRecord } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import type { Recorder } from "../../recorder.ts";
import type { AccountPart, AskedOfPart, PartAnswer } from "../account-part.ts";
import type { Whom } from "../second-factor.ts";
import { newCodesOf } from "./new-codes.ts";
import { newRecoveryCodes } from "./recovery-codes.ts";
import type { Setups } from "./setups.ts";

export type AccountTotpParts = {
  readonly setups: Setups;
  /** Whether this person must have an authenticator app. */
  readonly isRequired: (whom: Pick<Whom, "groups">) => boolean;
  readonly store: Pick<
    Store,
    "findPerson" | "findCredential" | "listCredentials" | "addCredentials" | "removeCredentials"
  >;
  readonly recorder: Pick<Recorder, "prepare">;
  readonly keyring: Pick<Keyring, "seal">;
  readonly clock: Clock;
  /** Of the factor. */
  readonly name: string;
  readonly look: Look;
};

/** The section in which a person sets up their authenticator app, gets new recovery codes, and turns it off. */
export function accountTotp(parts: AccountTotpParts): AccountPart {
  const { store, look } = parts;
  const texts = look.texts.account.totp;
  return {
    async section({ person, canChange, form, problem, shown }) {
      const [record, credentials] = await Promise.all([
        store.findPerson(person.id),
        store.listCredentials(person.id),
      ]);
      const totp = credentials.find(({ kind }) => kind === "totp");
      return accountTotpSection({
        look,
        since: totp?.createdAt,
        recoveryCodes: credentials.filter(({ kind }) => kind === "recovery_code").length,
        isRequired: parts.isRequired({ groups: record?.groups ?? [] }),
        canChange,
        problem: problem?.message,
        shown: shown as AccountTotpShown | undefined,
        form,
      });
    },
    actions: {
      set_up: (asked) => beginSetup(asked, parts),
      confirm: (asked) => confirmSetup(asked, parts),
      new_codes: (asked) => newCodes(asked, parts),
      turn_off: (asked) => turnOff(asked, parts),
      cancel: async () => ({ kind: "done", notice: "cancelled" }),
    },
    notices: {
      cancelled: { text: texts.cancelled, changed: false },
      turned_off: { text: texts.turnedOff, changed: true },
    },
  };
}

/** Nothing is stored yet: the page shows the QR code. */
async function beginSetup(asked: AskedOfPart, parts: AccountTotpParts): Promise<PartAnswer> {
  const before = await appOf(asked, parts);
  const setup = await parts.setups.begin(setupOf(asked, before), labelOf(asked));
  return show({ kind: "setup", setup, problem: undefined });
}

async function confirmSetup(asked: AskedOfPart, parts: AccountTotpParts): Promise<PartAnswer> {
  const before = await appOf(asked, parts);
  const of = setupOf(asked, before);
  const secret = await parts.setups.open(of, asked.form.get("setup"));
  if (secret === undefined) {
    return refused(new PageError("invalid_request", ({ account }) => account.totp.qrCodeOver));
  }
  const made = await newCodesOf(secret, asked.form.get("code"), parts);
  if (!made) {
    const setup = await parts.setups.again(of, labelOf(asked), secret);
    const problem = parts.look.texts.totp.setup.incorrect;
    return { ...show({ kind: "setup", setup, problem }), status: 400 };
  }
  // Without one of before, none may be there: of two setups at once, one is first.
  const replacing: readonly CredentialKind[] = before ? ["totp", "recovery_code"] : [];
  const how = { replacing, beside: before, signsOut: { secondFactor: parts.name } };
  return add(asked, made, how, parts);
}

async function newCodes(asked: AskedOfPart, parts: AccountTotpParts): Promise<PartAnswer> {
  const app = await appOf(asked, parts);
  if (!app) return refused(notSetUp());
  const how = { replacing: ["recovery_code"], beside: app } as const;
  return add(asked, newRecoveryCodes(parts.clock()), how, parts);
}

async function turnOff(asked: AskedOfPart, parts: AccountTotpParts): Promise<PartAnswer> {
  const { store, recorder, clock } = parts;
  const { current: signedIn, peer } = asked;
  const personId = signedIn.person.id;
  if (!(await appOf(asked, parts))) return refused(notSetUp());
  const record = await store.findPerson(personId);
  if (parts.isRequired({ groups: record?.groups ?? [] })) {
    return refused(new PageError("access_denied", ({ account }) => account.totp.isRequiredHere));
  }
  const { entry, log } = recorder.prepare("credential.removed", { person: personId, kind: "totp" }, peer);
  const removed = await store.removeCredentials(
    { personId, kind: "totp", also: ["recovery_code"], session: signedIn.signIn, now: clock() },
    entry,
  );
  if (!removed) return refused(notChanged());
  log();
  return { kind: "done", notice: "turned_off" };
}

/** In one commit, in a session that is live. Then the recovery codes are shown, once. */
async function add(
  { current: { person, signIn }, peer }: AskedOfPart,
  made: { readonly codes: readonly string[]; readonly credentials: readonly Omit<Credential, "personId">[] },
  how: Pick<NewCredentials, "replacing" | "beside" | "signsOut">,
  { store, recorder, clock }: AccountTotpParts,
): Promise<PartAnswer> {
  const credentials = made.credentials.map((credential) => ({ ...credential, personId: person.id }));
  const kind = credentials[0]?.kind ?? "recovery_code";
  const { entry, log } = recorder.prepare("credential.added", { person: person.id, kind }, peer);
  const added = { personId: person.id, credentials, session: signIn, now: clock(), ...how };
  if (!(await store.addCredentials(added, entry))) return refused(notChanged());
  log();
  return show({ kind: "codes", codes: made.codes, isNewApp: kind === "totp" });
}

function appOf({ current: { person } }: AskedOfPart, { store }: Pick<AccountTotpParts, "store">) {
  return store.findCredential(person.id, "totp");
}

/** A setup is good for the session in which it began, and for putting in the place of what was there then. */
function setupOf({ current: { person, signIn } }: AskedOfPart, before: Credential | undefined): string {
  return JSON.stringify(["account", signIn, person.id, before?.createdAt ?? null]);
}

function labelOf({
  current,
  identities,
}: {
  readonly current: { readonly person: Person };
  readonly identities: readonly IdentityRecord[];
}): string {
  return identities[0]?.label ?? displayName(current.person);
}

function show(shown: AccountTotpShown): Extract<PartAnswer, { readonly kind: "show" }> {
  return { kind: "show", shown };
}

function refused(error: OAuthError): PartAnswer {
  return { kind: "refused", error };
}

function notSetUp(): OAuthError {
  return new PageError("invalid_request", ({ account }) => account.totp.hasNone);
}

function notChanged(): OAuthError {
  return new PageError("access_denied", ({ account }) => account.totp.changedMeanwhile);
}
