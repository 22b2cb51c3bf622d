import { isDocumentUrl } from "../../core/client.ts";
import { CLIENT_CREDENTIALS } from "../../core/client-metadata.ts";
import type { OAuthError } from "../../core/errors.ts";
import type { Person } from "../../core/person.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Clients } from "../clients/clients.ts";
import type { CheckActive } from "../people/active.ts";

type WhoMayApproveParts = {
  readonly clients: Pick<Clients, "find">;
  /** Whether the operator still lets this person in. */
  readonly checkActive: CheckActive;
};

/** @throws OAuthError where this person may approve nothing, or no one can tell */
export async function requireMayApprove(
  person: Person,
  { clients, checkActive }: WhoMayApproveParts,
): Promise<void> {
  await refuseNamesake(person, clients);
  if (await checkActive(person)) return;
  throw new PageError("access_denied", ({ error }) => error.accountDisabled, {
    detail: `${person.id} is not active`,
  });
}

export function mayNotApprove(more: { readonly detail: string }): OAuthError {
  return new PageError("access_denied", ({ consent }) => consent.problems.mayNotApprove, more);
}

/** A program that acts for itself is a subject like a person: with its id, a person would have what is the program's. */
async function refuseNamesake(person: Person, clients: Pick<Clients, "find">): Promise<void> {
  if (isDocumentUrl(person.id)) return;
  const namesake = await clients.find(person.id);
  if (!namesake?.grantTypes.includes(CLIENT_CREDENTIALS)) return;
  throw mayNotApprove({
    detail: `the person's id ${JSON.stringify(person.id)} is that of a client with ${CLIENT_CREDENTIALS}`,
  });
}
