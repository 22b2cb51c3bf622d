import { OAuthError } from "../../core/errors.ts";
import type { UnauditedEvent } from "../../core/events.ts";
import type { Grant } from "../../core/grant.ts";
import { type PasteableRedirect, pasteableRedirect } from "../../core/pasteable-redirect.ts";
import { type Approved, approvedMark, rememberedApproval } from "../../core/remembered-consent.ts";
import type { ScopeCatalogue } from "../../core/scopes.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { htmlResponse, withCookies } from "../../http/responses.ts";
import { requireSameOrigin } from "../../http/same-origin.ts";
import { alreadyApprovedPage } from "../../pages/done.ts";
import type { Look } from "../../pages/look.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import type { Store } from "../../store/store.ts";
import type { Clients } from "../clients/clients.ts";
import type { CheckActive } from "../people/active.ts";
import type { Recorder } from "../recorder.ts";
import type { RevokeGrant } from "../tokens/revoke-grant.ts";
import { type Minter, mintCode } from "../tokens/tokens.ts";
import { type AnswerClient, type Asker, refuseToClient } from "./answer-client.ts";
import { approvalOf, CODE_SECONDS, isSameDecision } from "./approval.ts";
import { clickedEntry, rememberedEntry } from "./approval-entry.ts";
import { consentIn, mayNeedNoPage } from "./earlier-approvals.ts";
import type { Interactions } from "./interactions.ts";
import type { Step } from "./next-step.ts";
import {
  type AskOffered,
  chosenOrganization,
  lackOfOrganization,
  type OrganizationParts,
} from "./organization-choice.ts";
import { identityIn, type SignedInRequest } from "./sealed-request.ts";
import type { SettleRedirect } from "./settle-redirect.ts";
import { mayNotApprove, requireMayApprove } from "./who-may-approve.ts";

const REPEATABLE = new Set(["scope"]);

type ApprovalParts = OrganizationParts & {
  readonly store: Pick<Store, "approve" | "findGrant" | "listGrants">;
  readonly clients: Pick<Clients, "find" | "keep">;
  /** Whether the operator still lets this person in. */
  readonly checkActive: CheckActive;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly minter: Minter;
  readonly answerClient: AnswerClient;
  readonly look: Look;
  readonly catalogue: ScopeCatalogue;
  readonly grantSeconds: number;
};

export type DecisionParts = ApprovalParts & {
  readonly interactions: Pick<Interactions, "openAt" | "end">;
  readonly settleRedirect: SettleRedirect;
  readonly revokeGrant: RevokeGrant;
  readonly log: Log<UnauditedEvent>;
  readonly issuer: string;
};

/** Takes the decision of a person. Approving writes the grant; everything before it has written nothing. */
export async function decide(
  step: Step,
  request: Request,
  peer: Peer,
  parts: DecisionParts,
): Promise<Response> {
  const { interactions } = parts;
  requireSameOrigin(request, parts.issuer);
  const form = await readForm(request, REPEATABLE);
  const asked = await interactions.openAt(step, request, form.get("state"), peer);
  if (asked instanceof Response) return asked;
  const asker = await settleAsker(asked, peer, parts);
  const decision = form.get("decision");
  switch (decision) {
    case "approve":
    case "approve_elsewhere": {
      // Before anything is written: where the callback may not be shown, nothing is approved.
      const shownAt = decision === "approve_elsewhere" ? requirePasteable(asker) : undefined;
      const decided = {
        ticked: form.all("scope"),
        organization: form.get("organization"),
        showsCallback: shownAt !== undefined,
      };
      const grant = await approve(asked, decided, asker, peer, parts);
      if (!grant) throw mayNotApprove({ detail: "the person is disabled, was signed out, or is not there" });
      return answerWith(grant, asked, asker, parts, shownAt);
    }
    case "deny":
      return withCookies(await deny(asked, asker, peer, parts), interactions.end(asked));
    default:
      throw new PageError("invalid_request", ({ consent }) => consent.problems.noDecision);
  }
}

/**
 * Answers a request without a page, where the person has approved the same before and the client's approvals are remembered. All
 * that is checked at a click is checked here.
 * @param approved what the person has approved for the client before
 * @param ask says what the person may let the client act in
 * @returns undefined, and nothing is written, where the person must be asked
 */
export async function decideAsBefore(
  asked: SignedInRequest,
  approved: readonly Approved[],
  ask: AskOffered,
  peer: Peer,
  parts: DecisionParts,
): Promise<Response | undefined> {
  if (!mayNeedNoPage(asked)) return undefined;
  const asker = await settleAsker(asked, peer, parts);
  const offered = await ask();
  const former = rememberedApproval(consentIn(asked), asker.client, approved, offered);
  if (!former || lackOfOrganization(offered, asked, parts)) return undefined;
  const grant = await approve(asked, { former }, asker, peer, parts);
  // What it rests on may have ended since it was read.
  return grant && answerWith(grant, asked, asker, parts);
}

/** The same for a client that wants no page: it hears what stands in the way, and that the person must be asked. */
export async function decideSilently(
  asked: SignedInRequest,
  asBefore: () => Promise<Response | undefined>,
  peer: Peer,
  parts: DecisionParts,
): Promise<Response> {
  try {
    const answer = await asBefore();
    if (answer) return answer;
    throw consentRequired();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return refuseToClient(error, await settleAsker(asked, peer, parts), peer, parts);
  }
}

export function consentRequired(): OAuthError {
  return new OAuthError("consent_required", "The person must approve this on a page.");
}

/** Once more at the end, because the client may have been removed or changed since. */
async function settleAsker(
  asked: SignedInRequest,
  peer: Peer,
  { clients, settleRedirect }: Pick<DecisionParts, "clients" | "settleRedirect">,
): Promise<Asker> {
  const client = await clients.find(asked.clientId, peer.address);
  if (!client) throw new PageError("invalid_client", ({ consent }) => consent.problems.appRemoved);
  return { client, redirect: settleRedirect(client, asked.redirectUri), state: asked.state };
}

function requirePasteable({ redirect }: Asker): PasteableRedirect {
  const shownAt = pasteableRedirect(redirect);
  if (shownAt) return shownAt;
  throw new PageError("invalid_request", ({ consent }) => consent.problems.notPasteable, {
    advises: ({ consent }) => consent.problems.selectApprove,
  });
}

/** What the person decided: what the form says, or all that the request asks for, as they approved it before. */
type Decided =
  | {
      /** The boxes that they left ticked. */
      readonly ticked: readonly string[];
      /** The id of the organization that they chose. */
      readonly organization: string | undefined;
      readonly showsCallback: boolean;
    }
  | { readonly former: Approved };

/** Writes the grant. Every approval comes through here, with a click or without. Undefined where the store keeps none. */
async function approve(
  asked: SignedInRequest,
  decided: Decided,
  { client }: Asker,
  peer: Peer,
  parts: ApprovalParts,
): Promise<Grant | undefined> {
  const { store, clients, catalogue } = parts;
  await requireMayApprove(asked.person, parts);
  await clients.keep(client.id);
  // A disabled checkbox is not sent: what is required counts all the same.
  const scopes =
    "former" in decided
      ? asked.scopes
      : asked.scopes.filter((scope) => decided.ticked.includes(scope) || catalogue.required.includes(scope));
  if (scopes.length === 0) {
    throw new PageError("invalid_request", ({ consent }) => consent.problems.nothingSelected, {
      advises: ({ consent }) => consent.problems.selectAnItem,
    });
  }
  const organization =
    "former" in decided
      ? decided.former.organization
      : await chosenOrganization(asked, decided.organization, parts);
  const approval = approvalOf(asked, scopes, organization, parts);
  const { entry, log } =
    "former" in decided
      ? rememberedEntry(approval, decided.former.id, peer, parts)
      : await clickedEntry(approval, asked, decided, peer, parts);
  const grant = await store.approve(
    "former" in decided
      ? { ...approval, restsOn: decided.former.id }
      : { ...approval, approvedAs: approvedMark(identityIn(asked), client) },
    entry,
  );
  if (!grant) return undefined;
  if (!isSameDecision(grant, approval)) {
    // Back, other boxes, another organization or another account, and again: the first approval stands, and is not what this one says.
    throw new PageError("access_denied", ({ consent }) => consent.problems.otherChoices);
  }
  if (grant.revokedAt !== null) {
    throw new PageError("access_denied", ({ consent }) => consent.problems.connectionEnded);
  }
  if (grant.redeemedAt === null) log();
  return grant;
}

function answerWith(
  grant: Grant,
  asked: SignedInRequest,
  asker: Asker,
  { look, minter, answerClient }: Pick<ApprovalParts, "look" | "minter" | "answerClient">,
  shownAt?: PasteableRedirect,
): Response {
  if (grant.redeemedAt !== null) {
    // The button again, after the app has connected: sending the code once more would look like theft to us.
    return htmlResponse(alreadyApprovedPage({ look, client: identityIn(asked) }), look.styles);
  }
  const code = mintCode(grant.id, minter);
  return answerClient(
    asker,
    shownAt
      ? { occasion: "approved_elsewhere", shownAt, code, codeSeconds: CODE_SECONDS }
      : { occasion: "approved", code },
  );
}

/** The last word counts: what was approved for this request before ends, whether its app has connected or not. */
async function deny(
  asked: SignedInRequest,
  asker: Asker,
  peer: Peer,
  {
    store,
    revokeGrant,
    recorder,
    answerClient,
  }: Pick<DecisionParts, "store" | "revokeGrant" | "recorder" | "answerClient">,
): Promise<Response> {
  const { clientId, clientName, person } = asked;
  const approved = await store.findGrant(asked.id);
  if (approved?.revokedAt === null && approved.person.id === person.id) {
    await revokeGrant(approved, "person", peer);
  }
  const fields = { client: clientId, client_name: clientName, person: person.id };
  await recorder.record("consent.denied", fields, peer);
  const error = new OAuthError("access_denied", "The person did not approve.");
  return answerClient(asker, { occasion: "denied", error });
}
