import type { UnauditedEvent } from "../../../core/events.ts";
import { readForm } from "../../../http/form.ts";
import type { Peer } from "../../../http/peer.ts";
import type { Route } from "../../../http/route.ts";
import { requireSameOrigin } from "../../../http/same-origin.ts";
import { PASSKEY_FIELD } from "../../../pages/passkeys.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Credential } from "../../../store/credential.ts";
import type { IdentityRecord, PersonRecord } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import type { Recorder } from "../../recorder.ts";
import type { NamedMethod, Proof, SignInMethod, SignInPage, SignIns, Visit, Visits } from "../method.ts";
import { asOtherWays } from "../other-ways.ts";
import type { SignInProblem } from "../sign-in-problems.ts";
import { type AssertionAnswer, readAssertion } from "./browser-answer.ts";
import { type Challenges, type OpenChallenge, useChallenge } from "./challenges.ts";
import type { RelyingParty } from "./relying-party.ts";
import { passkeyIdentity, readStored, writeStored } from "./stored-passkey.ts";
import { verifyAssertion } from "./verify.ts";

export const PASSKEYS_PATH = "/oauth/passkeys";

export type PasskeySignInParts = {
  readonly method: Pick<SignInMethod, "name" | "label">;
  readonly relyingParty: RelyingParty;
  readonly challenges: Challenges;
  readonly visits: Visits;
  readonly signIns: SignIns;
  readonly signInPage: SignInPage;
  readonly methods: () => readonly NamedMethod[];
  readonly store: Pick<Store, "findByIdentity" | "findCredential" | "listIdentities" | "useAssertion">;
  readonly recorder: Pick<Recorder, "record">;
  readonly log: Log<UnauditedEvent>;
  readonly clock: Clock;
  readonly issuer: string;
};

/** POST /oauth/passkeys: what the browser says of the passkey that was chosen on the sign-in page. */
export function signInRoute(parts: PasskeySignInParts): Route {
  return {
    name: "passkeys",
    paths: [PASSKEYS_PATH],
    methods: { POST: (request, peer) => signIn(request, peer, parts) },
    refusals: "page",
  };
}

async function signIn(request: Request, peer: Peer, parts: PasskeySignInParts): Promise<Response> {
  const askedAt = parts.clock();
  requireSameOrigin(request, parts.issuer);
  const form = await readForm(request);
  const visit = await parts.visits.open(request, form.get("state"));
  const checked = await check(form.get(PASSKEY_FIELD), visit, parts);
  if ("problem" in checked) return refuse(checked, visit, peer, parts);
  const { proof, people } = checked;
  return parts.signIns.complete(
    { method: { ...parts.method, people }, visit, proof, askedAt },
    request,
    peer,
  );
}

type Checked = { readonly proof: Proof; readonly people: SignInMethod["people"] };
type Refused = {
  readonly problem: SignInProblem;
  /** For the log. */
  readonly reason: string;
  /** Whose passkey it is, where that is proved. */
  readonly personId?: string;
};

async function check(
  text: string | undefined,
  visit: Visit,
  parts: PasskeySignInParts,
): Promise<Checked | Refused> {
  const answer = readAssertion(text);
  if (!answer) return { problem: "wrong_answer", reason: "the browser sent no passkey" };
  const use = { purpose: "sign_in", boundTo: visit.sealed } as const;
  const challenge = parts.challenges.open(answer.client.challenge, use);
  if (!challenge)
    return { problem: "wrong_answer", reason: "the challenge is of another visit, or over time" };
  const known = await find(answer.id, parts);
  if (!known) return { problem: "unknown_passkey", reason: "no one has this passkey" };
  return checkKnown(answer, challenge, known, parts);
}

type Known = {
  readonly record: PersonRecord;
  readonly credential: Credential;
  readonly identities: readonly IdentityRecord[];
};

async function find(
  id: string,
  { store, relyingParty }: Pick<PasskeySignInParts, "store" | "relyingParty">,
): Promise<Known | undefined> {
  const record = await store.findByIdentity(passkeyIdentity(relyingParty.id, id));
  if (!record) return undefined;
  const [credential, identities] = await Promise.all([
    store.findCredential(record.person.id, "passkey", id),
    store.listIdentities(record.person.id),
  ]);
  return credential && { record, credential, identities };
}

async function checkKnown(
  answer: AssertionAnswer,
  challenge: OpenChallenge,
  known: Known,
  parts: PasskeySignInParts,
): Promise<Checked | Refused> {
  const { credential } = known;
  const stored = readStored(credential);
  const used = await verifyAssertion(answer, parts.relyingParty, stored);
  if ("rejected" in used) return { problem: "wrong_answer", reason: used.rejected };
  const { counter, isBackedUp } = used;
  const personId = credential.personId;
  if (!countsOn(credential.counter ?? 0, counter)) {
    const reason = "its signature counter is not higher than before: the passkey may have been copied";
    return { problem: "may_be_copied", reason, personId };
  }
  // Many passkeys count nothing: the challenge is what counts once.
  if (!(await useChallenge(challenge, parts.store))) {
    return { problem: "wrong_answer", reason: "the challenge was used before", personId };
  }
  const secret = writeStored({ ...stored, isBackedUp });
  return proved(known, { kind: "passkey", id: credential.id, counter, secret }, parts);
}

/** One that does not count says 0 each time (WebAuthn §6.1.1). */
function countsOn(before: number, counter: number): boolean {
  return counter > before || (counter === 0 && before === 0);
}

/** A passkey says nothing of its person: they are who they were at their last sign-in. */
function proved(
  { record, credential, identities }: Known,
  uses: Proof["uses"],
  { relyingParty, methods, clock }: PasskeySignInParts,
): Checked {
  const identity = passkeyIdentity(relyingParty.id, credential.id);
  const label = identities.find(
    ({ issuer, subject }) => issuer === identity.issuer && subject === credential.id,
  );
  const { people, said } = asOtherWays(record, identities, methods());
  const proof: Proof = {
    ...said,
    identity,
    label: label?.label ?? "",
    personId: undefined,
    authenticatedAt: clock(),
    uses,
    upstream: undefined,
  };
  return { proof, people };
}

async function refuse(
  { problem, reason, personId }: Refused,
  visit: Visit,
  peer: Peer,
  { method, signInPage, recorder, log }: PasskeySignInParts,
): Promise<Response> {
  const fields = { client: visit.client?.id, method: method.name, reason };
  const { address, correlationId } = peer;
  if (personId === undefined) log.event("sign_in.broken_off", { ...fields, address, correlationId });
  else await recorder.record("factor.refused", { ...fields, person: personId }, peer);
  return signInPage.again(method, visit, problem, peer.correlationId);
}
