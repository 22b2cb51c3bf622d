import { CLOCK_SKEW_SECONDS } from "../../core/clock-skew.ts";
import type { OAuthError } from "../../core/errors.ts";
import { displayName, type Person } from "../../core/person.ts";
import type { Peer } from "../../http/peer.ts";
import { seeOther } from "../../http/responses.ts";
import { shownName } from "../../pages/html.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import { randomId } from "../../platform/random.ts";
import type { PersonRecord } from "../../store/people-records.ts";
import type { Store } from "../../store/store.ts";
import type { CheckActive } from "../people/active.ts";
import type { Recorder } from "../recorder.ts";
import type { Decided, PassFactor, Refuse } from "./decided.ts";
import type { Goal, Goals, SignInGoal } from "./goals.ts";
import { disabled, linkIdentity } from "./link-identity.ts";
import type { Admit, Proof, Proved, SignIns } from "./method.ts";
import type { PendingUrls } from "./pending-proofs.ts";
import type { OpenFactor } from "./second-factor.ts";
import type { TokensToKeep } from "./upstream/kept-tokens.ts";

/** The same for the operator's own page, which makes the answer itself. */
export type DecideSignIn = (proved: Proved, request: Request, peer: Peer) => Promise<Decided>;

export type SignInsParts = {
  readonly goals: Goals;
  readonly admit: Admit;
  readonly checkActive: CheckActive;
  readonly store: Pick<Store, "findByIdentity" | "signIn">;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly refuse: Refuse;
  /** Keeps a provider's tokens for tools; undefined where the server has no upstreams. */
  readonly keepTokens?: KeepTokensOf | undefined;
  /** The second factor of this server, and where a sign-in waits for it. */
  readonly factor?: AskedFactor | undefined;
};

/** For a person who has just signed in. What can't be kept is in the log, and ends no sign-in. */
export type KeepTokensOf = (
  personId: string,
  keeps: TokensToKeep,
  label: string,
  peer: Peer,
) => Promise<void>;

/** A second factor, and the addresses of its page. */
export type AskedFactor = Pick<OpenFactor, "path" | "isNeeded"> & { readonly pending: PendingUrls };

/** Another sign-in may be first, once for each of the few things that it can make. */
const TRIES = 3;

/** In the place of a client's id, none of which has a space. */
const PENDING_PROOF = "pending proof";

/** Decides who somebody is and whether they may come in, and keeps it: nothing is written before, and one commit then. */
export function createSignIns(
  parts: SignInsParts,
): SignIns & { readonly decide: DecideSignIn; readonly pass: PassFactor } {
  const { goals, refuse } = parts;
  const pass = async (proved: Proved, request: Request, peer: Peer): Promise<Decided | "used"> => {
    const goal = await goals.open(request, proved.visit.sealed);
    for (let tried = 0; tried < TRIES; tried++) {
      const decided =
        goal.kind === "link"
          ? await linkIdentity(goal, proved, request, peer, parts)
          : await signIn(goal, proved, request, peer, parts);
      if (decided) return decided;
    }
    throw new PageError("temporarily_unavailable", ({ login }) => login.problems.tooManyAtOnce, {
      detail: "the identity changed during each try",
    });
  };
  const decide: DecideSignIn = async (proved, request, peer) => {
    const decided = await pass(proved, request, peer);
    if (decided !== "used") return decided;
    throw usedBefore();
  };
  return {
    decide,
    pass,
    async complete(proved, request, peer) {
      const decided = await decide(proved, request, peer);
      if ("refused" in decided) return refuse(proved, decided.refused, peer);
      const { location, setCookies } = decided.next;
      return seeOther(location, setCookies);
    },
  };
}

/** Undefined where what was read has changed before it was written. */
async function signIn(
  goal: SignInGoal,
  proved: Proved,
  request: Request,
  peer: Peer,
  parts: SignInsParts,
): Promise<Decided | "used" | undefined> {
  const known = await parts.store.findByIdentity(proved.proof.identity);
  // What tools get: of whom the operator says who they are, nothing that a provider says now.
  const person: Person = known?.isSaidByOperator
    ? known.person
    : { ...proved.proof.profile, id: known?.person.id ?? proved.proof.personId ?? randomId() };
  const why = await whyNot(goal, proved, known, person, parts);
  if (why) return refuse(why, goal, proved, person, peer, parts);
  const waiting = await waitingForFactor(proved, known, parts);
  if (waiting !== undefined) return { next: { location: waiting, setCookies: [] } };
  return keep(goal, proved, known, person, request, peer, parts);
}

/** Why a person may not come in: for the log, and for them. */
type Why = { readonly reason: string; readonly error: OAuthError; readonly isOld?: boolean };

async function whyNot(
  goal: SignInGoal,
  { method, proof, factor }: Proved,
  known: PersonRecord | undefined,
  person: Person,
  { admit, checkActive }: Pick<SignInsParts, "admit" | "checkActive">,
): Promise<Why | undefined> {
  if (goal.onlyPerson !== undefined && goal.onlyPerson !== person.id) {
    return someoneElse(person, goal);
  }
  const old = tooOld(proof, goal);
  if (old)
    return { reason: "the sign-in at the provider is older than was asked for", error: old, isOld: true };
  if (known && known.disabledAt !== null) return { reason: "disabled", error: disabled() };
  const admission = await admit(method, proof, person, goal.visit.client);
  if (admission !== "admitted") return { reason: admission.reason, error: notAdmitted() };
  if (!(await checkActive(person))) return { reason: "not active", error: disabled() };
  if (factor && factor.personId !== known?.person.id) {
    return { reason: "the second factor was checked for another person", error: outdated(), isOld: true };
  }
  return undefined;
}

/** Where the factor's page is, for someone of whom one thing is proved and who has to prove another. */
async function waitingForFactor(
  proved: Proved,
  known: PersonRecord | undefined,
  { factor }: Pick<SignInsParts, "factor">,
): Promise<string | undefined> {
  const { isOneFactor = false, groups } = proved.proof;
  if (!factor || !isOneFactor || proved.factor) return undefined;
  // A method that says no groups must not take the factor away from who had them.
  const whom = { personId: known?.person.id, groups: [...groups, ...(known?.groups ?? [])] };
  return (await factor.isNeeded(whom)) ? factor.pending.urlFor(factor, proved) : undefined;
}

async function refuse(
  { reason, error, isOld = false }: Why,
  { visit: { client } }: SignInGoal,
  { method }: Proved,
  person: Person,
  peer: Peer,
  { recorder }: Pick<SignInsParts, "recorder">,
): Promise<Decided> {
  const fields = { person: person.id, client: client?.id, method: method.name, reason };
  await recorder.record("sign_in.refused", fields, peer);
  return { refused: { person, isOld, error } };
}

/** The one commit. */
async function keep(
  goal: SignInGoal,
  proved: Proved,
  known: PersonRecord | undefined,
  person: Person,
  request: Request,
  peer: Peer,
  parts: Pick<SignInsParts, "store" | "recorder" | "clock" | "keepTokens">,
): Promise<Decided | "used" | undefined> {
  const { method, proof, askedAt, pending, factor } = proved;
  const { store, recorder, clock, keepTokens } = parts;
  const now = clock();
  // With a second factor, it is proved when both are.
  const provedAt = factor ? now : proof.authenticatedAt;
  const authenticatedAt = Math.max(provedAt, goal.visit.signInAfter ?? 0);
  const begun = goal.newSignIn(request, {
    method: method.name,
    secondFactor: factor?.name,
    address: peer.address,
    userAgent: request.headers.get("user-agent") ?? undefined,
    authenticatedAt,
    upstream: proof.upstream,
  });
  const fields = { person: person.id, client: goal.visit.client?.id, method: method.name };
  const { entry, log } = recorder.prepare("sign_in.ok", fields, peer);
  const [first] = factor?.adds ?? [];
  const added = first && recorder.prepare("credential.added", { person: person.id, kind: first.kind }, peer);
  const { identity, label, emails, groups } = proof;
  const outcome = await store.signIn(
    {
      identity,
      label,
      personId: person.id,
      isNew: known === undefined,
      person,
      emails,
      groups,
      session: begun.session,
      askedAt,
      passwordSetAt: proof.passwordSetAt,
      uses: factor?.uses ?? proof.uses,
      adds: factor?.adds?.map((credential) => ({ ...credential, personId: person.id })),
      once: pending && { of: PENDING_PROOF, ...pending },
      now,
    },
    entry,
    added?.entry,
  );
  const refused = (reason: string, error: OAuthError, isOld = false) =>
    refuse({ reason, error, isOld }, goal, proved, person, peer, parts);
  switch (outcome.kind) {
    case "changed":
      return undefined;
    case "used":
      return factor ? "used" : refused("its proof was used before", usedBefore());
    case "spent":
      return refused("its pending proof was used before", usedBefore(), true);
    case "disabled":
      return refused("disabled", disabled());
    case "outdated":
      return refused("signed out since it was asked for", outdated(), true);
    case "id_taken":
      return refused("another person has this id", idTaken());
    case "signed_in": {
      log();
      added?.log();
      if (proof.keeps) await keepTokens?.(person.id, proof.keeps, proof.label, peer);
      const { record, begunAt } = outcome;
      return { next: await begun.go({ person: record.person, signedInAt: begunAt, authenticatedAt }) };
    }
  }
}

function tooOld({ authenticatedAt }: Proof, { visit }: Goal): OAuthError | undefined {
  if (authenticatedAt + CLOCK_SKEW_SECONDS * 1000 >= (visit.signInAfter ?? 0)) return undefined;
  return new PageError("access_denied", ({ login }) => login.problems.tooOld);
}

function someoneElse(person: Person, { visit: { purpose } }: Goal): Why {
  const name = shownName(displayName(person));
  if (!purpose || purpose.kind === "connect") {
    const error = new PageError("access_denied", ({ login }) => login.problems.anothersLink(name));
    return { reason: "the link to connect a service is another person's", error };
  }
  const expected = shownName(purpose.personName);
  const error = new PageError("access_denied", ({ login }) => login.problems.someoneElse(name, expected));
  return { reason: "another person is signed in at the account page", error };
}

function notAdmitted(): OAuthError {
  return new PageError("access_denied", ({ login }) => login.problems.notAdmitted);
}

function outdated(): OAuthError {
  return new PageError("access_denied", ({ login }) => login.problems.signedOutMeanwhile);
}

function usedBefore(): OAuthError {
  return new PageError("access_denied", ({ login }) => login.problems.usedAlready);
}

function idTaken(): OAuthError {
  return new PageError("access_denied", ({ login }) => login.problems.idTaken);
}
