import { isDocumentUrl } from "../../core/client.ts";
import { CLIENT_CREDENTIALS } from "../../core/client-metadata.ts";
import { OAuthError } from "../../core/errors.ts";
import type { OwnFields, UnauditedEvent } from "../../core/events.ts";
import type { Grant } from "../../core/grant.ts";
import type { Person } from "../../core/person.ts";
import { destination } from "../../core/redirect-uri.ts";
import { type Approved, approvedMark, rememberedApproval } from "../../core/remembered-consent.ts";
import { formatScopes, type ScopeCatalogue } from "../../core/scopes.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { htmlResponse, withCookies } from "../../http/responses.ts";
import { requireSameOrigin } from "../../http/same-origin.ts";
import { alreadyApprovedPage } from "../../pages/done.ts";
import type { Look } from "../../pages/look.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import type { Approval } from "../../store/grant-records.ts";
import type { Store } from "../../store/store.ts";
import type { Clients } from "../clients/clients.ts";
import type { CheckActive } from "../people/active.ts";
import type { Recorder } from "../recorder.ts";
import { type Minter, mintCode } from "../tokens/tokens.ts";
import { type AnswerClient, type Asker, refuseToClient } from "./answer-client.ts";
import { consentIn, mayNeedNoPage } from "./earlier-approvals.ts";
import type { Interactions } from "./interactions.ts";
import type { Step } from "./next-step.ts";
import { identityIn, type SignedInRequest } from "./sealed-request.ts";
import type { SettleRedirect } from "./settle-redirect.ts";

/** RFC 6749 §4.1.2 recommends ten minutes at most. A person may have to paste the address by hand. */
const CODE_SECONDS = 5 * 60;

const REPEATABLE = new Set(["scope"]);

type ApprovalParts = {
  readonly store: Pick<Store, "approve">;
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
  switch (form.get("decision")) {
    case "approve": {
      const grant = await approve(asked, { ticked: form.all("scope") }, asker, peer, parts);
      if (!grant) throw mayNotApprove({ detail: "the person is disabled, was signed out, or is not there" });
      return answerWith(grant, asked, asker, parts);
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
 * @returns undefined, and nothing is written, where the person must be asked
 */
export async function decideAsBefore(
  asked: SignedInRequest,
  approved: readonly Approved[],
  peer: Peer,
  parts: DecisionParts,
): Promise<Response | undefined> {
  if (!mayNeedNoPage(asked)) return undefined;
  const asker = await settleAsker(asked, peer, parts);
  const former = rememberedApproval(consentIn(asked), asker.client, approved);
  if (!former) return undefined;
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

/** A program that acts for itself is a subject like a person: with its id, a person would have what is the program's. */
async function refuseNamesake(person: Person, clients: Pick<Clients, "find">): Promise<void> {
  if (isDocumentUrl(person.id)) return;
  const namesake = await clients.find(person.id);
  if (!namesake?.grantTypes.includes(CLIENT_CREDENTIALS)) return;
  throw mayNotApprove({
    detail: `the person's id ${JSON.stringify(person.id)} is that of a client with ${CLIENT_CREDENTIALS}`,
  });
}

function mayNotApprove(more: { readonly detail: string }): OAuthError {
  return new PageError("access_denied", ({ consent }) => consent.problems.mayNotApprove, more);
}

async function refuseInactive(person: Person, checkActive: CheckActive): Promise<void> {
  if (await checkActive(person)) return;
  throw new PageError("access_denied", ({ error }) => error.accountDisabled, {
    detail: `${person.id} is not active`,
  });
}

/** What the person decided: the boxes that they left ticked, or all that the request asks for, as they approved it before. */
type Decided = { readonly ticked: readonly string[] } | { readonly former: Approved };

/** Writes the grant. Every approval comes through here, with a click or without. Undefined where the store keeps none. */
async function approve(
  asked: SignedInRequest,
  decided: Decided,
  { client }: Asker,
  peer: Peer,
  parts: ApprovalParts,
): Promise<Grant | undefined> {
  const { store, clients, recorder, catalogue } = parts;
  await refuseNamesake(asked.person, clients);
  await refuseInactive(asked.person, parts.checkActive);
  await clients.keep(client.id);
  // A disabled checkbox is not sent: what is required counts all the same.
  const scopes =
    "former" in decided
      ? asked.scopes
      : asked.scopes.filter((scope) => decided.ticked.includes(scope) || catalogue.required.includes(scope));
  if (scopes.length === 0) {
    throw new PageError("invalid_request", ({ consent }) => consent.problems.nothingSelected);
  }
  const approval = approvalOf(asked, scopes, parts);
  const fields = fieldsOf(approval);
  const { entry, log } =
    "former" in decided
      ? recorder.prepare("consent.remembered", { ...fields, approved_grant: decided.former.id }, peer)
      : recorder.prepare("consent.approved", fields, peer);
  const grant = await store.approve(
    "former" in decided
      ? { ...approval, restsOn: decided.former.id }
      : { ...approval, approvedAs: approvedMark(identityIn(asked), client) },
    entry,
  );
  if (!grant) return undefined;
  if (!isSameDecision(grant, asked.person.id, scopes)) {
    // Back, other boxes or another account, and again: the first approval stands, and is not what this one says.
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
): Response {
  if (grant.redeemedAt !== null) {
    // The button again, after the app has connected: sending the code once more would look like theft to us.
    return htmlResponse(alreadyApprovedPage({ look, client: identityIn(asked) }), look.styles);
  }
  return answerClient(asker, { occasion: "approved", code: mintCode(grant.id, minter) });
}

function isSameDecision(grant: Grant, personId: string, scopes: readonly string[]): boolean {
  return grant.person.id === personId && formatScopes(grant.scopes) === formatScopes(scopes);
}

function approvalOf(
  asked: SignedInRequest,
  scopes: readonly string[],
  { clock, grantSeconds }: Pick<ApprovalParts, "clock" | "grantSeconds">,
): Approval {
  const now = clock();
  return {
    id: asked.id,
    clientId: asked.clientId,
    clientName: asked.clientName,
    person: asked.person,
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

/** With what the person saw: the audit log is kept for longer than the grant and the client. */
function fieldsOf({
  id,
  clientId,
  clientName,
  person,
  scopes,
  redirectUri,
}: Approval): OwnFields<"consent.approved"> {
  return {
    grant: id,
    client: clientId,
    person: person.id,
    scopes,
    client_name: clientName,
    redirect_host: destination(redirectUri).shown,
  };
}

async function deny(
  asked: SignedInRequest,
  asker: Asker,
  peer: Peer,
  { recorder, answerClient }: Pick<ApprovalParts, "recorder" | "answerClient">,
): Promise<Response> {
  await recorder.record("consent.denied", { client: asked.clientId, person: asked.person.id }, peer);
  const error = new OAuthError("access_denied", "The person did not approve.");
  return answerClient(asker, { occasion: "denied", error });
}
