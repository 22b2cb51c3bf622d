import { type Approved, type AskedConsent, isRememberable } from "../../core/remembered-consent.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Store } from "../../store/store.ts";
import { type AuthorizationRequest, identityIn, type SignedInRequest } from "./sealed-request.ts";

export type EarlierApprovalsParts = {
  readonly store: Pick<Store, "listGrants">;
  readonly clock: Clock;
};

/** Enough to find the one that a request rests on, or asks for more than: each has a click of the person's. */
const MOST_APPROVALS = 100;

/** What the person has approved for the client before, and still lives: newest first. */
export function earlierApprovals(
  asked: SignedInRequest,
  { store, clock }: EarlierApprovalsParts,
): Promise<readonly Approved[]> {
  return store.listGrants({
    clientId: asked.clientId,
    personId: asked.person.id,
    liveAt: clock(),
    isClicked: true,
    limit: MOST_APPROVALS,
  });
}

/** What a request asks for, as far as it says whether a person must be asked. */
export function consentIn(asked: SignedInRequest): AskedConsent {
  return {
    client: identityIn(asked),
    redirectUri: asked.redirectUri,
    resource: asked.resource,
    scopes: asked.scopes,
    isInSession: asked.signIn === undefined,
    asksAnyway: asked.asksAnyway ?? false,
  };
}

/** Whether a request of someone who is signed in could be answered without a page. Nothing is read for it. */
export function mayNeedNoPage(
  asked: Pick<AuthorizationRequest, "redirectUri" | "asksAnyway"> & Parameters<typeof identityIn>[0],
): boolean {
  const { redirectUri, asksAnyway } = asked;
  return !asksAnyway && isRememberable({ client: identityIn(asked), redirectUri, isInSession: true });
}
