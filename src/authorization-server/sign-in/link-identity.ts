import type { OAuthError } from "../../core/errors.ts";
import type { Peer } from "../../http/peer.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Store } from "../../store/store.ts";
import type { CheckActive } from "../people/active.ts";
import type { Recorder } from "../recorder.ts";
import type { Decided } from "./decided.ts";
import type { LinkGoal } from "./goals.ts";
import type { Admit, Proved } from "./method.ts";

export type LinkParts = {
  readonly admit: Admit;
  readonly checkActive: CheckActive;
  readonly store: Pick<Store, "findByIdentity">;
  readonly recorder: Recorder;
};

/**
 * Decides whether an identity may become a way to sign in for the person who is signed in, and leads to the page that asks them.
 * Writes no identity: someone can be led here with cookies that another person planted, and only a page can tell them
 * whose account it is.
 */
export async function linkIdentity(
  goal: LinkGoal,
  { method, proof }: Proved,
  request: Request,
  peer: Peer,
  { admit, checkActive, store, recorder }: LinkParts,
): Promise<Decided> {
  if (method.name !== goal.method) {
    throw new PageError("access_denied", ({ account }) => account.linking.otherMethod, {
      detail: `the proof is of ${method.name}, the visit is for ${goal.method}`,
      advises: ({ error }) => error.whatToDo.openAccountAgain,
    });
  }
  const current = await goal.signedIn(request);
  const person = current?.person ?? { id: goal.personId };
  const refuse = async (reason: string, error: OAuthError): Promise<Decided> => {
    const fields = { person: person.id, method: method.name, reason: `not linked: ${reason}` };
    await recorder.record("sign_in.refused", fields, peer);
    return { refused: { person, isOld: false, error } };
  };
  if (!current) return refuse("the session that began it is over", noLongerSignedIn());
  const admission = await admit(method, proof, person, undefined);
  if (admission !== "admitted") return refuse(admission.reason, notAdmitted(method.label));
  if (!(await checkActive(person))) return refuse("not active", disabled());
  const { identity, label } = proof;
  const known = await store.findByIdentity(identity);
  if (known && known.person.id !== person.id) {
    return refuse("it belongs to another person", belongsToAnother(method.label));
  }
  if (known) return { next: await goal.go(current) };
  const proposed = { method: method.name, methodLabel: method.label, identity, label };
  return { next: await goal.ask(current, proposed) };
}

export function noLongerSignedIn(): OAuthError {
  return new PageError("access_denied", ({ account }) => account.linking.noLongerSignedIn);
}

function notAdmitted(label: string): OAuthError {
  return new PageError("access_denied", ({ account }) => account.linking.notAdmitted(label));
}

export function disabled(): OAuthError {
  return new PageError("access_denied", ({ error }) => error.accountDisabled);
}

export function belongsToAnother(label: string): OAuthError {
  return new PageError("access_denied", ({ account }) => account.linking.belongsToAnother(label));
}
