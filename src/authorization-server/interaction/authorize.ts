import {
  type AuthorizationParameters,
  readAuthorizationParameters,
} from "../../core/authorization-request.ts";
import { type Client, isConfidential } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import { endpointUrl } from "../../core/metadata.ts";
import { type Params, readParams } from "../../core/params.ts";
import { trustRedirect } from "../../core/trusted-redirect.ts";
import type { Peer } from "../../http/peer.ts";
import { seeOther } from "../../http/responses.ts";
import { randomId } from "../../platform/random.ts";
import { refuseOwnHost } from "../clients/own-host.ts";
import type { Deps } from "../deps.ts";
import { sealerOf } from "../deps.ts";
import { type Asker, answerClient } from "./answer-client.ts";
import { AUTHORIZATION_REQUEST_SECONDS, type AuthorizationRequest, sealRequest } from "./sealed-request.ts";

/**
 * GET /oauth/authorize (OAuth 2.1 §4.1.1). Writes nothing: the request goes on sealed, to the sign-in or, for a
 * browser that is signed in, to consent.
 */
export async function authorize(request: Request, deps: Deps, peer: Peer): Promise<Response> {
  const params = readParams(new URL(request.url).search.slice(1));
  // Client and address first, as pages: until both are settled there is nowhere to redirect to (RFC 6749 §4.1.2.1).
  const client = await settleClient(params, deps, peer);
  const redirect = trustRedirect(client, params.get("redirect_uri"), deps.settings.redirectHosts);
  refuseOwnHost({ origin: client.origin, redirectUris: [redirect.uri] }, deps.settings.issuer);
  const asker: Asker = { client, redirect, state: params.get("state") };
  try {
    const asked = readAuthorizationParameters(params, {
      ...deps.settings,
      catalogue: catalogueFor(client, deps),
    });
    return await goOn(request, asker, asked, deps);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    deps.log.event("authorization.refused", {
      client: client.id,
      error: error.code,
      reason: error.detail ?? error.message,
      correlationId: peer.correlationId,
      address: peer.address,
    });
    return answerClient(asker, { occasion: "error", error, correlationId: peer.correlationId }, deps);
  }
}

async function settleClient(params: Params, deps: Deps, peer: Peer): Promise<Client> {
  for (const name of ["client_id", "redirect_uri"]) {
    if (params.repeated.includes(name)) {
      throw new OAuthError("invalid_request", `The parameter ${name} is repeated.`);
    }
  }
  const clientId = params.get("client_id");
  if (clientId === undefined) throw new OAuthError("invalid_request", "The parameter client_id is missing.");
  const client = await deps.clients.find(clientId, peer.address);
  if (!client) {
    throw new OAuthError("invalid_client", "This app is not registered here, or is not any more.", {
      detail: `unknown client ${JSON.stringify(clientId.slice(0, 200))}`,
    });
  }
  if (!client.grantTypes.includes("authorization_code")) {
    throw new OAuthError("unauthorized_client", "This client may not ask people for authorization.");
  }
  return client;
}

/** The operator's limit on a pre-registered client holds; what a dynamic one registered of itself limits nothing. */
function catalogueFor(client: Client, { settings: { catalogue } }: Deps): Deps["settings"]["catalogue"] {
  if (client.origin !== "preregistered" || client.scopes.length === 0) return catalogue;
  const allowed = new Set([...client.scopes, ...catalogue.required]);
  return {
    ...catalogue,
    descriptions: new Map([...catalogue.descriptions].filter(([scope]) => allowed.has(scope))),
  };
}

async function goOn(
  request: Request,
  { client, redirect, state }: Asker,
  asked: AuthorizationParameters,
  deps: Deps,
): Promise<Response> {
  const person = asked.prompt.login ? undefined : await deps.binding.signedIn(request);
  if (asked.prompt.none) {
    // Consent is never remembered, so nothing can be granted without a page.
    throw person
      ? new OAuthError("consent_required", "The person must approve this on a page.")
      : new OAuthError("login_required", "The person must sign in on a page.");
  }
  const begun = { id: randomId(), endsAt: deps.clock() + AUTHORIZATION_REQUEST_SECONDS * 1000 };
  const { browser, setCookies } = deps.binding.begin(request, begun);
  const pending: AuthorizationRequest = {
    ...begun,
    clientId: client.id,
    clientName: client.name,
    clientOrigin: client.origin,
    clientHoldsKey: isConfidential(client),
    redirectUri: redirect.uri,
    state,
    codeChallenge: asked.codeChallenge,
    resource: asked.resource,
    scopes: asked.scopes,
    browser,
  };
  const next = person ? { ...pending, person, signIn: undefined } : pending;
  return seeOther(
    pageUrl(deps.settings.issuer, person ? "consent" : "login", await sealRequest(next, sealerOf(deps))),
    setCookies,
  );
}

/**
 * One of the two pages, for a sealed request. With a fragment of its own: a redirect without one keeps that of the link
 * (RFC 9110 §10.2.2), which could scroll Approve to where the person is about to click.
 */
export function pageUrl(issuer: string, page: "login" | "consent", sealed: string): string {
  return `${endpointUrl(issuer, page)}?state=${encodeURIComponent(sealed)}#top`;
}
