import { type OfferedOrganization, pictureSources } from "../../core/organization.ts";
import { canBePasted } from "../../core/pasteable-redirect.ts";
import { displayName } from "../../core/person.ts";
import type { RedirectList } from "../../core/redirect-list.ts";
import { destination } from "../../core/redirect-uri.ts";
import { type Approved, isRememberable } from "../../core/remembered-consent.ts";
import type { ScopeCatalogue } from "../../core/scopes.ts";
import { type StepUp, stepUp } from "../../core/step-up.ts";
import { isForeignRedirect } from "../../core/way-back.ts";
import { logRefusal } from "../../http/boundary.ts";
import type { Peer } from "../../http/peer.ts";
import { isPrefetch, refusePrefetch } from "../../http/prefetch.ts";
import { htmlResponse, pageStatus, withPictures } from "../../http/responses.ts";
import { type Route, urlOf } from "../../http/route.ts";
import { noOrganizationPage } from "../../pages/consent/no-organization.ts";
import { consentPage } from "../../pages/consent/page.ts";
import type { Look } from "../../pages/look.ts";
import { forAnotherAccount } from "../sign-in/another-account.ts";
import { type DecisionParts, decide, decideAsBefore, decideSilently } from "./decision.ts";
import { consentIn, type EarlierApprovalsParts, earlierApprovals } from "./earlier-approvals.ts";
import type { Interactions } from "./interactions.ts";
import type { Step } from "./next-step.ts";
import {
  lackOfOrganization,
  type OrganizationParts,
  offeredTo,
  organizationChoice,
} from "./organization-choice.ts";
import { identityIn, type SignedInRequest } from "./sealed-request.ts";

/**
 * The last step, which every request needs. Whether it needs its page is decided there, once everything before it is checked: a
 * person who has approved the same before need not be asked, where the operator says so of the client (decision 0049).
 */
export const CONSENT: Step = { name: "consent", path: "/oauth/consent", isNeeded: () => true };

type PageParts = OrganizationParts & {
  readonly interactions: Pick<Interactions, "openAt" | "signInUrl">;
  readonly issuer: string;
  readonly look: Look;
  readonly catalogue: ScopeCatalogue;
  /** Where people are sent without a click. */
  readonly trustedRedirects: RedirectList;
  /** The tools that a scope opens. Read when the page is made: tools are registered late. */
  readonly toolsByScope: () => ReadonlyMap<string, readonly string[]>;
};

export type ConsentParts = PageParts & DecisionParts & EarlierApprovalsParts;

/** GET /oauth/consent: the page on which a person decides. POST: the decision. */
export function consentRoute(parts: ConsentParts): Route {
  return {
    name: "consent",
    paths: [CONSENT.path],
    methods: {
      GET: (request, peer) => showConsent(request, peer, parts),
      POST: (request, peer) => decide(CONSENT, request, peer, parts),
    },
    refusals: "page",
  };
}

async function showConsent(request: Request, peer: Peer, parts: ConsentParts): Promise<Response> {
  const sealed = new URL(request.url).searchParams.get("state") ?? undefined;
  const asked = await parts.interactions.openAt(CONSENT, request, sealed, peer);
  if (asked instanceof Response) return asked;
  // Without a page, the answer would be the client's error, and the person would get that.
  if (asked.isSilent) refusePrefetch(request);
  const approved = await earlierApprovals(asked, parts);
  const ask = offeredTo(asked, parts);
  const asBefore = async () =>
    isNavigation(request) ? decideAsBefore(asked, approved, ask, peer, parts) : undefined;
  const answer = asked.isSilent ? await decideSilently(asked, asBefore, peer, parts) : await asBefore();
  if (answer) return answer;
  const offered = await ask();
  const lack = lackOfOrganization(offered, asked, parts);
  if (lack) {
    logRefusal(lack, request, parts.log, peer);
    return htmlResponse(await lackPage(asked, peer, parts), parts.look.styles, pageStatus(lack));
  }
  const page = await pageFor(asked, sealed ?? "", approved, offered, parts);
  return htmlResponse(page, withPictures(parts.look.styles, pictureSources(offered)));
}

/** The same request leads on once the person belongs to something, or is someone else. */
async function lackPage(
  asked: SignedInRequest,
  { correlationId }: Peer,
  { look, interactions, organizations }: PageParts,
): Promise<string> {
  return noOrganizationPage({
    look,
    called: organizations?.called ?? "",
    personName: displayName(asked.person),
    switchAction: forAnotherAccount(await interactions.signInUrl(asked)),
    client: identityIn(asked),
    correlationId,
  });
}

/**
 * Whether the person's tab goes there. HEAD changes nothing (RFC 9110 §9.2.1), and an image or a frame on a page of a sibling site,
 * which is sent our cookies too, must not connect anything unseen, nor what is loaded in advance. Browsers without Fetch Metadata do
 * not say it.
 */
function isNavigation(request: Request): boolean {
  const destination = request.headers.get("sec-fetch-dest");
  return (
    request.method === "GET" && !isPrefetch(request) && (destination === null || destination === "document")
  );
}

async function pageFor(
  asked: SignedInRequest,
  sealed: string,
  approved: readonly Approved[],
  offered: readonly OfferedOrganization[],
  parts: PageParts,
): Promise<string> {
  const { interactions, issuer, look, catalogue, trustedRedirects } = parts;
  const client = identityIn(asked);
  const tools = parts.toolsByScope();
  const consent = consentIn(asked);
  const { added, before }: Omit<StepUp, "from"> = stepUp(consent, approved, catalogue) ?? {
    added: [],
    before: asked.scopes,
  };
  return consentPage({
    look,
    action: urlOf(issuer, CONSENT.path),
    state: sealed,
    personName: displayName(asked.person),
    switchAction: forAnotherAccount(await interactions.signInUrl(asked)),
    client,
    destination: {
      ...destination(asked.redirectUri),
      isForeign: isForeignRedirect(client, asked.redirectUri, trustedRedirects),
    },
    organization: organizationChoice(offered, approved, parts),
    scopes: [...added, ...before].map((scope) => ({
      scope,
      description: catalogue.descriptions.get(scope) ?? scope,
      tools: tools.get(scope) ?? [],
      locked: catalogue.required.includes(scope),
      checked: true,
      isNew: added.includes(scope),
    })),
    willBeRemembered: isRememberable(consent),
    canBePasted: canBePasted(asked.redirectUri),
  });
}
