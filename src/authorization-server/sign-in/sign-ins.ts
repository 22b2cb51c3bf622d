import { CLOCK_SKEW_SECONDS } from "../../core/clock-skew.ts";
import { OAuthError } from "../../core/errors.ts";
import { displayName, type Person } from "../../core/person.ts";
import type { Peer } from "../../http/peer.ts";
import { seeOther } from "../../http/responses.ts";
import { shownName } from "../../pages/html.ts";
import type { Clock } from "../../platform/clock.ts";
import { randomId } from "../../platform/random.ts";
import type { PersonRecord } from "../../store/people-store.ts";
import type { Store } from "../../store/store.ts";
import type { CheckActive } from "../people/active.ts";
import type { Recorder } from "../recorder.ts";
import type { Admit } from "./admission.ts";
import type { Decided, Refuse } from "./decided.ts";
import type { Goal, Goals, SignInGoal } from "./goals.ts";
import { disabled, linkIdentity } from "./link-identity.ts";
import type { Proof, Proved, SignIns } from "./method.ts";

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
};

/** Another sign-in may be first, once for each of the few things that it can make. */
const TRIES = 3;

/** Decides who somebody is and whether they may come in, and keeps it: nothing is written before, and one commit then. */
export function createSignIns(parts: SignInsParts): SignIns & { readonly decide: DecideSignIn } {
  const { goals, refuse } = parts;
  const decide: DecideSignIn = async (proved, request, peer) => {
    const goal = await goals.open(request, proved.visit.sealed);
    for (let tried = 0; tried < TRIES; tried++) {
      const decided =
        goal.kind === "link"
          ? await linkIdentity(goal, proved, request, peer, parts)
          : await signIn(goal, proved, request, peer, parts);
      if (decided) return decided;
    }
    throw new OAuthError("temporarily_unavailable", "Too many sign-ins came at once. Try again.", {
      detail: "the identity changed during each try",
    });
  };
  return {
    decide,
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
  { method, proof, askedAt }: Proved,
  request: Request,
  peer: Peer,
  { admit, checkActive, store, recorder, clock }: SignInsParts,
): Promise<Decided | undefined> {
  const { client } = goal.visit;
  const known = await store.findByIdentity(proof.identity);
  const person: Person = { ...proof.profile, id: known?.person.id ?? proof.personId ?? randomId() };
  const refuse = async (reason: string, error: OAuthError, isOld = false): Promise<Decided> => {
    const fields = { person: person.id, client: client?.id, method: method.name, reason };
    await recorder.record("sign_in.refused", fields, peer);
    return { refused: { person, isOld, error } };
  };
  if (goal.onlyPerson !== undefined && goal.onlyPerson !== person.id) {
    return refuse("another person is signed in at the account page", someoneElse(person, goal));
  }
  const old = tooOld(proof, goal);
  if (old) return refuse("the sign-in at the provider is older than was asked for", old, true);
  if (isOut(known)) return refuse("disabled", disabled());
  const admission = await admit(method, proof, person, client);
  if (admission !== "admitted") return refuse(admission.reason, notAdmitted());
  if (!(await checkActive(person))) return refuse("not active", disabled());
  const authenticatedAt = Math.max(proof.authenticatedAt, goal.visit.signInAfter ?? 0);
  const begun = goal.newSignIn(request, {
    method: method.name,
    address: peer.address,
    userAgent: request.headers.get("user-agent") ?? undefined,
    authenticatedAt,
    upstream: proof.upstream,
  });
  const fields = { person: person.id, client: client?.id, method: method.name };
  const { entry, log } = recorder.prepare("sign_in.ok", fields, peer);
  const now = clock();
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
      now,
    },
    entry,
  );
  switch (outcome.kind) {
    case "changed":
      return undefined;
    case "disabled":
      return refuse("disabled", disabled());
    case "outdated":
      return refuse("signed out since it was asked for", outdated(), true);
    case "used":
      return refuse("its proof was used before", usedBefore());
    case "id_taken":
      return refuse("another person has this id", idTaken());
    case "signed_in": {
      log();
      return { next: await begun.go({ person: outcome.record.person, signedInAt: now, authenticatedAt }) };
    }
  }
}

function isOut(known: PersonRecord | undefined): boolean {
  return known !== undefined && known.disabledAt !== null;
}

function tooOld({ authenticatedAt }: Proof, { visit }: Goal): OAuthError | undefined {
  if (authenticatedAt + CLOCK_SKEW_SECONDS * 1000 >= (visit.signInAfter ?? 0)) return undefined;
  return new OAuthError("access_denied", "You have to sign in again for this, and were signed in already.");
}

function someoneElse(person: Person, { visit }: Goal): OAuthError {
  const [name, expected] = [displayName(person), visit.purpose?.personName ?? ""].map(shownName);
  return new OAuthError(
    "access_denied",
    `You signed in as ${name}, but this is the account page of ${expected}. Nothing was changed.`,
  );
}

function notAdmitted(): OAuthError {
  return new OAuthError("access_denied", "This account may not use this server. Contact its operator.");
}

function outdated(): OAuthError {
  return new OAuthError("access_denied", "You were signed out while you signed in. Sign in again.");
}

function usedBefore(): OAuthError {
  return new OAuthError("access_denied", "This sign-in was used already. Sign in again.");
}

function idTaken(): OAuthError {
  return new OAuthError(
    "access_denied",
    "This account can't be used, because someone else has its ID here. Contact the server's operator.",
  );
}
