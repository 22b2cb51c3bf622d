import type { OwnFields } from "../../core/events.ts";
import { destination } from "../../core/redirect-uri.ts";
import type { ScopeCatalogue } from "../../core/scopes.ts";
import { stepUp } from "../../core/step-up.ts";
import type { Peer } from "../../http/peer.ts";
import type { Approval } from "../../store/grant-records.ts";
import type { Recorder, Recording } from "../recorder.ts";
import { consentIn, type EarlierApprovalsParts, earlierApprovals } from "./earlier-approvals.ts";
import type { SignedInRequest } from "./sealed-request.ts";

export type ApprovalEntryParts = EarlierApprovalsParts & {
  readonly recorder: Pick<Recorder, "prepare">;
  readonly catalogue: Pick<ScopeCatalogue, "implies">;
};

/** What is recorded of a click on Approve. Reads once, to tell an approval of more from a first one. */
export async function clickedEntry(
  approval: Approval,
  asked: SignedInRequest,
  { showsCallback }: { readonly showsCallback: boolean },
  peer: Peer,
  parts: ApprovalEntryParts,
): Promise<Recording<"consent.approved">> {
  const approved = { ...consentIn(asked), scopes: approval.scopes };
  const step = stepUp(approved, await earlierApprovals(asked, parts), parts.catalogue);
  const fields: OwnFields<"consent.approved"> = {
    ...fieldsOf(approval),
    ...(step && { stepped_up_from: step.from }),
    ...(showsCallback && { callback_shown: true }),
  };
  return parts.recorder.prepare("consent.approved", fields, peer);
}

/** The same without a click. @param approvedGrant the id of the grant that it rests on */
export function rememberedEntry(
  approval: Approval,
  approvedGrant: string,
  peer: Peer,
  { recorder }: Pick<ApprovalEntryParts, "recorder">,
): Recording<"consent.remembered"> {
  const fields = { ...fieldsOf(approval), approved_grant: approvedGrant };
  return recorder.prepare("consent.remembered", fields, peer);
}

/** With what the person saw: the audit log is kept for longer than the grant and the client. */
function fieldsOf({
  id,
  clientId,
  clientName,
  person,
  organization,
  scopes,
  redirectUri,
}: Approval): OwnFields<"consent.approved"> {
  return {
    grant: id,
    client: clientId,
    person: person.id,
    organization: organization?.id,
    organization_name: organization?.name,
    scopes,
    client_name: clientName,
    redirect_host: destination(redirectUri).shown,
  };
}
