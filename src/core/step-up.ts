import { isSameRedirect } from "./redirect-uri.ts";
import type { Approved, AskedConsent } from "./remembered-consent.ts";
import { missingScopes, type ScopeCatalogue } from "./scopes.ts";

/** A request for more than the person approved for the same client last. Together, both lists are what it asks for. */
export type StepUp = {
  /** The id of the earlier grant. */
  readonly from: string;
  /** The scopes that the earlier grant does not hold, in the order of the request. */
  readonly added: readonly string[];
  /** Those that it holds. */
  readonly before: readonly string[];
};

/**
 * What a request asks for beyond the person's newest grant of this client and address. That says what the person approved, and
 * nothing of who asks now: clients share ids across devices, and on this computer any program can be at the other end.
 * @param live grants of the person that are live and for which they clicked Approve, newest first
 * @returns undefined where there is no such grant, or where it holds all that is asked for
 */
export function stepUp(
  asked: AskedConsent,
  live: readonly Approved[],
  { implies }: Pick<ScopeCatalogue, "implies">,
): StepUp | undefined {
  const earlier = live.find((grant) => isSameAsking(asked, grant));
  if (!earlier) return undefined;
  const added = missingScopes(asked.scopes, earlier.scopes, implies);
  if (added.length === 0) return undefined;
  return { from: earlier.id, added, before: asked.scopes.filter((scope) => !added.includes(scope)) };
}

/** As far as a request shows it. A code that no client redeemed has connected nothing. */
function isSameAsking(
  { client, redirectUri, resource }: AskedConsent,
  grant: Omit<Approved, "id" | "scopes" | "approvedAs">,
): boolean {
  return (
    grant.redeemedAt !== null &&
    grant.clientId === client.id &&
    grant.clientName === client.name &&
    grant.resource === resource &&
    isSameRedirect(grant.redirectUri, redirectUri)
  );
}
