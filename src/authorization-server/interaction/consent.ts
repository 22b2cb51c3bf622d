import { displayName } from "../../core/person.ts";
import type { RedirectList } from "../../core/redirect-list.ts";
import { destination } from "../../core/redirect-uri.ts";
import { type Approved, isRememberable, scopesApproved } from "../../core/remembered-consent.ts";
import type { ScopeCatalogue } from "../../core/scopes.ts";
import { isForeignRedirect } from "../../core/way-back.ts";
import type { Peer } from "../../http/peer.ts";
import { isPrefetch, refusePrefetch } from "../../http/prefetch.ts";
import { htmlResponse } from "../../http/responses.ts";
import { type Route, urlOf } from "../../http/route.ts";
import { consentPage } from "../../pages/consent/page.ts";
import type { Look } from "../../pages/look.ts";
import { forAnotherAccount } from "../sign-in/another-account.ts";
import { type DecisionParts, decide, decideAsBefore, decideSilently } from "./decision.ts";
import { consentIn, type EarlierApprovalsParts, earlierApprovals } from "./earlier-approvals.ts";
import type { Interactions } from "./interactions.ts";
import type { Step } from "./next-step.ts";
import { identityIn, type SignedInRequest } from "./sealed-request.ts";

/**
 * The last step, which every request needs. Whether it needs its page is decided there, once everything before it is checked: a
 * person who has approved the same before need not be asked, where the operator says so of the client (decision 0049).
 */
export const CONSENT: Step = { name: "consent", path: "/oauth/consent", isNeeded: () => true };

type PageParts = {
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
  const asBefore = async () =>
    isNavigation(request) ? decideAsBefore(asked, approved, peer, parts) : undefined;
  const answer = asked.isSilent ? await decideSilently(asked, asBefore, peer, parts) : await asBefore();
  if (answer) return answer;
  return htmlResponse(await pageFor(asked, sealed ?? "", approved, parts), parts.look.styles);
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
  parts: PageParts,
): Promise<string> {
  const { interactions, issuer, look, catalogue, trustedRedirects } = parts;
  const client = identityIn(asked);
  const tools = parts.toolsByScope();
  const consent = consentIn(asked);
  const before = scopesApproved(consent, approved);
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
    scopes: asked.scopes.map((scope) => ({
      scope,
      description: catalogue.descriptions.get(scope) ?? scope,
      tools: tools.get(scope) ?? [],
      locked: catalogue.required.includes(scope),
      checked: true,
      isNew: before !== undefined && !before.includes(scope),
    })),
    willBeRemembered: isRememberable(consent),
  });
}
