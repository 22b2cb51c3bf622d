import { readAuthorizationParameters } from "../../core/authorization-request.ts";
import { type Client, isConfidential } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import type { UnauditedEvent } from "../../core/events.ts";
import { type Params, readParams } from "../../core/params.ts";
import type { ScopeCatalogue } from "../../core/scopes.ts";
import type { Peer } from "../../http/peer.ts";
import { seeOther } from "../../http/responses.ts";
import type { Route } from "../../http/route.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import type { Clients } from "../clients/clients.ts";
import { type AnswerClient, type Asker, refuseToClient } from "./answer-client.ts";
import { CONSENT } from "./consent.ts";
import { consentRequired } from "./decision.ts";
import { mayNeedNoPage } from "./earlier-approvals.ts";
import type { Asked, Interactions } from "./interactions.ts";
import type { SettleRedirect } from "./settle-redirect.ts";

type BeginParts = {
  readonly interactions: Pick<Interactions, "begin">;
  readonly resource: string;
  readonly catalogue: ScopeCatalogue;
  readonly clock: Clock;
};

export type AuthorizeParts = BeginParts & {
  readonly clients: Pick<Clients, "find">;
  readonly settleRedirect: SettleRedirect;
  readonly answerClient: AnswerClient;
  readonly log: Log<UnauditedEvent>;
};

/** GET /oauth/authorize (OAuth 2.1 §4.1.1). Writes nothing: the request goes on sealed, to its first step. */
export function authorizeRoute(parts: AuthorizeParts): Route {
  return {
    name: "authorize",
    // The bare one is for clients of 2025-03-26 that guess when they find no metadata.
    paths: ["/oauth/authorize", "/authorize"],
    methods: { GET: (request, peer) => authorize(request, peer, parts) },
    refusals: "page",
    metadata: "authorization_endpoint",
  };
}

async function authorize(request: Request, peer: Peer, parts: AuthorizeParts): Promise<Response> {
  const params = readParams(new URL(request.url).search.slice(1));
  // Client and address first, as pages: until both are settled there is nowhere to redirect to (RFC 6749 §4.1.2.1).
  const client = await settleClient(params, peer, parts.clients);
  const redirect = parts.settleRedirect(client, params.get("redirect_uri"));
  const asker: Asker = { client, redirect, state: params.get("state") };
  try {
    return await begin(request, params, asker, parts);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return refuseToClient(error, asker, peer, parts);
  }
}

async function settleClient(params: Params, peer: Peer, clients: AuthorizeParts["clients"]): Promise<Client> {
  for (const name of ["client_id", "redirect_uri"]) {
    if (params.repeated.includes(name)) {
      throw new OAuthError("invalid_request", `The parameter ${name} is repeated.`);
    }
  }
  const clientId = params.get("client_id");
  if (clientId === undefined) throw new OAuthError("invalid_request", "The parameter client_id is missing.");
  const client = await clients.find(clientId, peer.address);
  if (!client) {
    throw new PageError("invalid_client", ({ error }) => error.appNotRegistered, {
      detail: `unknown client ${JSON.stringify(clientId.slice(0, 200))}`,
    });
  }
  if (!client.grantTypes.includes("authorization_code")) {
    throw new OAuthError("unauthorized_client", "This client may not ask people for authorization.");
  }
  return client;
}

async function begin(
  request: Request,
  params: Params,
  { client, redirect, state }: Asker,
  { interactions, resource, catalogue, clock }: BeginParts,
): Promise<Response> {
  const { prompt, maxAgeSeconds, ...asked } = readAuthorizationParameters(params, {
    resource,
    catalogue: catalogueFor(client, catalogue),
  });
  const pending: Asked = {
    clientId: client.id,
    clientName: client.name,
    clientOrigin: client.origin,
    clientHoldsKey: isConfidential(client),
    clientRemembersConsent: client.remembersConsent,
    redirectUri: redirect.uri,
    state,
    ...asked,
    signInAfter: prompt.login ? clock() + 1 : signInAfter(maxAgeSeconds, clock()),
    asksAnyway: prompt.consent,
    isSilent: prompt.none,
  };
  const begun = await interactions.begin(request, pending);
  if (prompt.none) {
    if (!begun.person) throw new OAuthError("login_required", "The person must sign in on a page.");
    // The last step alone can do without a page.
    if (begun.firstStep !== CONSENT || !mayNeedNoPage(pending)) throw consentRequired();
  }
  const { location, setCookies } = await begun.go();
  return seeOther(location, setCookies);
}

/** Since when a sign-in counts, which may not be older than so many seconds. */
function signInAfter(maxAgeSeconds: number | undefined, now: number): number | undefined {
  return maxAgeSeconds === undefined ? undefined : now - maxAgeSeconds * 1000;
}

/** The operator's limit on a pre-registered client holds; what a dynamic one registered of itself limits nothing. */
function catalogueFor(client: Client, catalogue: ScopeCatalogue): ScopeCatalogue {
  if (client.origin !== "preregistered" || client.scopes.length === 0) return catalogue;
  const allowed = new Set([...client.scopes, ...catalogue.required]);
  return {
    ...catalogue,
    descriptions: new Map([...catalogue.descriptions].filter(([scope]) => allowed.has(scope))),
  };
}
