import { isDocumentUrl } from "../../core/client.ts";
import { CLIENT_CREDENTIALS } from "../../core/client-metadata.ts";
import { OAuthError } from "../../core/errors.ts";
import type { OwnFields } from "../../core/events.ts";
import type { Grant } from "../../core/grant.ts";
import type { Person } from "../../core/person.ts";
import { destination } from "../../core/redirect-uri.ts";
import { formatScopes, type ScopeCatalogue } from "../../core/scopes.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { htmlResponse, PAGE_STYLES, withCookies } from "../../http/responses.ts";
import { requireSameOrigin } from "../../http/same-origin.ts";
import { alreadyApprovedPage } from "../../pages/done.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Approval, Store } from "../../store/store.ts";
import type { Clients } from "../clients/clients.ts";
import type { Recorder } from "../recorder.ts";
import { type Minter, mintCode } from "../tokens/tokens.ts";
import type { AnswerClient, Asker } from "./answer-client.ts";
import type { Interactions } from "./interactions.ts";
import type { Step } from "./next-step.ts";
import { identityIn, type SignedInRequest } from "./sealed-request.ts";
import type { SettleRedirect } from "./settle-redirect.ts";

/** RFC 6749 §4.1.2 recommends ten minutes at most. A person may have to paste the address by hand. */
const CODE_SECONDS = 5 * 60;

const REPEATABLE = new Set(["scope"]);

type ApprovalParts = {
  readonly store: Pick<Store, "approve">;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly minter: Minter;
  readonly answerClient: AnswerClient;
  readonly appName: string;
  readonly catalogue: ScopeCatalogue;
  readonly grantSeconds: number;
};

export type DecisionParts = ApprovalParts & {
  readonly interactions: Pick<Interactions, "openAt" | "end">;
  readonly clients: Pick<Clients, "find" | "keep">;
  readonly settleRedirect: SettleRedirect;
  /** Whether the operator still lets this person in. */
  readonly isActive: (person: Person) => Promise<boolean>;
  readonly issuer: string;
};

/** Takes the decision of a person. Approving writes the grant; everything before it has written nothing. */
export async function decide(
  step: Step,
  request: Request,
  peer: Peer,
  parts: DecisionParts,
): Promise<Response> {
  const { interactions, clients } = parts;
  requireSameOrigin(request, parts.issuer);
  const form = await readForm(request, REPEATABLE);
  const asked = await interactions.openAt(step, request, form.get("state"), peer);
  if (asked instanceof Response) return asked;
  // Again, because the client may have been removed or changed since.
  const client = await clients.find(asked.clientId, peer.address);
  if (!client) throw new OAuthError("invalid_client", "This app has been removed.");
  const redirect = parts.settleRedirect(client, asked.redirectUri);
  const asker: Asker = { client, redirect, state: asked.state };
  switch (form.get("decision")) {
    case "approve":
      await refuseNamesake(asked.person, clients);
      await refuseInactive(asked.person, parts.isActive);
      await clients.keep(client.id);
      return approve(asked, form.all("scope"), asker, peer, parts);
    case "deny":
      return withCookies(await deny(asked, asker, peer, parts), interactions.end(asked));
    default:
      throw new OAuthError("invalid_request", "The form did not say whether you approve.");
  }
}

/** A program that acts for itself is a subject like a person: with its id, a person would have what is the program's. */
async function refuseNamesake(person: Person, clients: Pick<Clients, "find">): Promise<void> {
  if (isDocumentUrl(person.id)) return;
  const namesake = await clients.find(person.id);
  if (!namesake?.grantTypes.includes(CLIENT_CREDENTIALS)) return;
  throw new OAuthError("access_denied", "This account can't approve apps. Contact the server's operator.", {
    detail: `the person's id ${JSON.stringify(person.id)} is that of a client with ${CLIENT_CREDENTIALS}`,
  });
}

async function refuseInactive(person: Person, isActive: DecisionParts["isActive"]): Promise<void> {
  if (await isActive(person)) return;
  throw new OAuthError("access_denied", "This account is disabled. Contact the server's operator.", {
    detail: `${person.id} is not active`,
  });
}

async function approve(
  asked: SignedInRequest,
  ticked: readonly string[],
  asker: Asker,
  peer: Peer,
  parts: ApprovalParts,
): Promise<Response> {
  const { store, recorder, catalogue, appName } = parts;
  // A disabled checkbox is not sent: what is required counts all the same.
  const scopes = asked.scopes.filter((scope) => ticked.includes(scope) || catalogue.required.includes(scope));
  if (scopes.length === 0) {
    throw new OAuthError(
      "invalid_request",
      "Nothing is selected. Go back and select at least one item, or deny.",
    );
  }
  const approval = approvalOf(asked, scopes, parts);
  const { entry, log } = recorder.prepare("consent.approved", fieldsOf(approval), peer);
  const grant = await store.approve(approval, entry);
  if (!grant) {
    throw new OAuthError("access_denied", "This account can't approve apps. Contact the server's operator.", {
      detail: "the person is disabled, was signed out, or is not there",
    });
  }
  if (!isSameDecision(grant, asked.person.id, scopes)) {
    // Back, other boxes or another account, and again: the first approval stands, and is not what this one says.
    throw new OAuthError("access_denied", "You already approved this with other choices, which still apply.");
  }
  if (grant.revokedAt !== null) {
    throw new OAuthError("access_denied", "You approved this before, but the connection has ended.");
  }
  if (grant.redeemedAt !== null) {
    // The button again, after the app has connected: sending the code once more would look like theft to us.
    return htmlResponse(alreadyApprovedPage({ appName, client: identityIn(asked) }), PAGE_STYLES);
  }
  log();
  return parts.answerClient(asker, { occasion: "approved", code: mintCode(grant.id, parts.minter) });
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
