import { displayName } from "../../core/person.ts";
import type { RedirectList } from "../../core/redirect-list.ts";
import { destination } from "../../core/redirect-uri.ts";
import type { ScopeCatalogue } from "../../core/scopes.ts";
import { isForeignRedirect } from "../../core/way-back.ts";
import type { Peer } from "../../http/peer.ts";
import { htmlResponse, PAGE_STYLES } from "../../http/responses.ts";
import { type Route, urlOf } from "../../http/route.ts";
import { consentPage } from "../../pages/consent.ts";
import { forAnotherAccount } from "../sign-in/another-account.ts";
import { type DecisionParts, decide } from "./decision.ts";
import type { Interactions } from "./interactions.ts";
import type { Step } from "./next-step.ts";
import { identityIn, type SignedInRequest } from "./sealed-request.ts";

/** The last step, which every request needs: consent is never remembered (decision 0005). */
export const CONSENT: Step = { name: "consent", path: "/oauth/consent", isNeeded: () => true };

type PageParts = {
  readonly interactions: Pick<Interactions, "openAt" | "signInUrl">;
  readonly issuer: string;
  readonly appName: string;
  readonly catalogue: ScopeCatalogue;
  /** Where people are sent without a click. */
  readonly trustedRedirects: RedirectList;
  /** The tools that a scope opens. Read when the page is made: tools are registered late. */
  readonly toolsByScope: () => ReadonlyMap<string, readonly string[]>;
};

export type ConsentParts = PageParts & DecisionParts;

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

async function showConsent(request: Request, peer: Peer, parts: PageParts): Promise<Response> {
  const sealed = new URL(request.url).searchParams.get("state") ?? undefined;
  const asked = await parts.interactions.openAt(CONSENT, request, sealed, peer);
  if (asked instanceof Response) return asked;
  return htmlResponse(await pageFor(asked, sealed ?? "", parts), PAGE_STYLES);
}

async function pageFor(asked: SignedInRequest, sealed: string, parts: PageParts): Promise<string> {
  const { interactions, issuer, appName, catalogue, trustedRedirects } = parts;
  const client = identityIn(asked);
  const tools = parts.toolsByScope();
  return consentPage({
    appName,
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
    })),
  });
}
