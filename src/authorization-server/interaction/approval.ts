import type { Grant } from "../../core/grant.ts";
import type { Organization } from "../../core/organization.ts";
import { formatScopes } from "../../core/scopes.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Approval } from "../../store/grant-records.ts";
import type { SignedInRequest } from "./sealed-request.ts";

/** RFC 6749 §4.1.2 recommends ten minutes at most. A person may have to paste the address by hand. */
export const CODE_SECONDS = 5 * 60;

/** Whether the grant that is there is what this approval would have made: back, other boxes, and again does not change it. */
export function isSameDecision(grant: Grant, { person, scopes, organization }: Approval): boolean {
  return (
    grant.person.id === person.id &&
    grant.organization?.id === organization?.id &&
    formatScopes(grant.scopes) === formatScopes(scopes)
  );
}

/** What a person approved, to be written. */
export function approvalOf(
  asked: SignedInRequest,
  scopes: readonly string[],
  organization: Organization | null,
  { clock, grantSeconds }: { readonly clock: Clock; readonly grantSeconds: number },
): Approval {
  const now = clock();
  return {
    id: asked.id,
    clientId: asked.clientId,
    clientName: asked.clientName,
    person: asked.person,
    organization,
    resource: asked.resource,
    scopes,
    redirectUri: asked.redirectUri,
    codeChallenge: asked.codeChallenge,
    codeExpiresAt: now + CODE_SECONDS * 1000,
    refreshExpiresAt: now + CODE_SECONDS * 1000,
    endsAt: now + grantSeconds * 1000,
    createdAt: now,
    approvedAs: null,
    signedInAt: asked.signedInAt,
  };
}
