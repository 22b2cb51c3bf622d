import { isDocumentUrl } from "../../core/client.ts";
import { CLIENT_CREDENTIALS } from "../../core/client-metadata.ts";
import { OAuthError } from "../../core/errors.ts";
import type { EventFields } from "../../core/events.ts";
import type { Grant } from "../../core/grant.ts";
import { endpointUrl } from "../../core/metadata.ts";
import { displayName, type Person } from "../../core/person.ts";
import { destination } from "../../core/redirect-uri.ts";
import { formatScopes } from "../../core/scopes.ts";
import { trustRedirect } from "../../core/trusted-redirect.ts";
import { isForeignRedirect } from "../../core/way-back.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { htmlResponse, PAGE_STYLES, withCookies } from "../../http/responses.ts";
import { requireSameOrigin } from "../../http/same-origin.ts";
import { consentPage } from "../../pages/consent.ts";
import { alreadyApprovedPage } from "../../pages/done.ts";
import { signInAgainPage } from "../../pages/sign-in-again.ts";
import type { Approval } from "../../store/store.ts";
import { refuseOwnHost } from "../clients/own-host.ts";
import { type Deps, sealerOf } from "../deps.ts";
import { mintCode } from "../tokens/tokens.ts";
import { type Asker, answerClient } from "./answer-client.ts";
import { pageUrl } from "./authorize.ts";
import { identityIn, isSignedIn, openRequest, type SignedInRequest, sealRequest } from "./sealed-request.ts";

/** RFC 6749 §4.1.2 recommends ten minutes at most. A person may have to paste the address by hand. */
const CODE_SECONDS = 5 * 60;

const REPEATABLE = new Set(["scope"]);

/** GET /oauth/consent: the page on which a person decides. */
export async function showConsent(request: Request, deps: Deps, peer: Peer): Promise<Response> {
  const sealed = new URL(request.url).searchParams.get("state") ?? undefined;
  const asked = await openSignedIn(request, sealed, deps, peer);
  if (asked instanceof Response) return asked;
  const { person } = asked;
  const { settings } = deps;
  const client = identityIn(asked);
  const tools = deps.toolsByScope();
  const page = consentPage({
    appName: settings.name,
    action: endpointUrl(settings.issuer, "consent"),
    state: sealed ?? "",
    personName: displayName(person),
    switchAction: await loginUrl(asked, deps),
    client,
    destination: {
      ...destination(asked.redirectUri),
      isForeign: isForeignRedirect(client, asked.redirectUri, settings.trustedRedirects),
    },
    scopes: asked.scopes.map((scope) => ({
      scope,
      description: settings.catalogue.descriptions.get(scope) ?? scope,
      tools: tools.get(scope) ?? [],
      locked: settings.catalogue.required.includes(scope),
      checked: true,
    })),
  });
  return htmlResponse(page, PAGE_STYLES);
}

/** POST /oauth/consent: the decision. Approving writes the grant; everything before it has written nothing. */
export async function consent(request: Request, deps: Deps, peer: Peer): Promise<Response> {
  requireSameOrigin(request, deps.settings.issuer);
  const form = await readForm(request, REPEATABLE);
  const asked = await openSignedIn(request, form.get("state"), deps, peer);
  if (asked instanceof Response) return asked;
  // Again, because the client may have been removed or changed since (CVE-2025-4143: checked in one place only).
  const client = await deps.clients.find(asked.clientId, peer.address);
  if (!client) throw new OAuthError("invalid_client", "This app has been removed in the meantime.");
  const redirect = trustRedirect(client, asked.redirectUri, deps.settings.redirectHosts);
  refuseOwnHost({ origin: client.origin, redirectUris: [redirect.uri] }, deps.settings.issuer);
  const asker: Asker = { client, redirect, state: asked.state };
  switch (form.get("decision")) {
    case "approve":
      await refuseNamesake(asked.person, deps);
      await deps.clients.keep(client.id);
      return approve(asked, form.all("scope"), asker, deps, peer);
    case "deny":
      return withCookies(await deny(asked, asker, deps, peer), deps.binding.end(asked));
    default:
      throw new OAuthError("invalid_request", "The form did not say whether you approve.");
  }
}

/** The request, for the person who signed in for it; to anyone else, a page that leads to the sign-in. */
async function openSignedIn(
  request: Request,
  sealed: string | undefined,
  deps: Deps,
  { correlationId, address }: Peer,
): Promise<SignedInRequest | Response> {
  const asked = await openRequest(sealed, request, sealerOf(deps));
  // A request of the sign-in stage holds no person: nobody may approve it.
  if (!isSignedIn(asked)) throw new OAuthError("access_denied", "Nobody has signed in for this request yet.");
  // Cookies of before the sign-in are not enough, or whoever planted them could decide (session fixation).
  const current = await deps.binding.signedInFor(request, asked);
  if (current?.id === asked.person.id) return asked;
  deps.log.event("request.refused", {
    error: "access_denied",
    reason: current ? "another person is signed in" : "the sign-in for this request is over or elsewhere",
    path: new URL(request.url).pathname,
    correlationId,
    address,
  });
  const page = signInAgainPage({
    appName: deps.settings.name,
    personName: displayName(asked.person),
    currentName: current && displayName(current),
    loginUrl: await loginUrl(asked, deps),
  });
  return htmlResponse(page, PAGE_STYLES, 403);
}

/** Where to sign in for the same request. What the link carries holds no person, so that nobody can approve it. */
async function loginUrl({ person, signIn, ...unsigned }: SignedInRequest, deps: Deps): Promise<string> {
  return pageUrl(deps.settings.issuer, "login", await sealRequest(unsigned, sealerOf(deps)));
}

/** A program that acts for itself is a subject like a person: with its id, a person would have what is the program's. */
async function refuseNamesake(person: Person, { clients }: Deps): Promise<void> {
  if (isDocumentUrl(person.id)) return;
  const namesake = await clients.find(person.id);
  if (!namesake?.grantTypes.includes(CLIENT_CREDENTIALS)) return;
  throw new OAuthError(
    "access_denied",
    "Nothing can be approved with this account. Ask who runs the server.",
    {
      detail: `the person's id ${JSON.stringify(person.id)} is that of a client with ${CLIENT_CREDENTIALS}`,
    },
  );
}

async function approve(
  asked: SignedInRequest,
  ticked: readonly string[],
  asker: Asker,
  deps: Deps,
  peer: Peer,
): Promise<Response> {
  const { settings, store, recorder } = deps;
  // A disabled checkbox is not sent: what is required counts all the same.
  const scopes = asked.scopes.filter(
    (scope) => ticked.includes(scope) || settings.catalogue.required.includes(scope),
  );
  if (scopes.length === 0) {
    throw new OAuthError(
      "invalid_request",
      "Nothing was ticked, so there is nothing to approve. Go back and tick something, or deny.",
    );
  }
  const approval = approvalOf(asked, scopes, deps);
  const { entry, log } = recorder.prepare("consent.approved", fieldsOf(approval), peer);
  const grant = await store.approve(approval, entry);
  if (!isSameDecision(grant, asked.person.id, scopes)) {
    // Back, other boxes or another account, and again: the first approval stands, and is not what this one says.
    throw new OAuthError(
      "access_denied",
      "You have approved this before, with other choices, which still count.",
    );
  }
  if (grant.revokedAt !== null) {
    throw new OAuthError("access_denied", "You approved this before, and the connection has ended since.");
  }
  if (grant.redeemedAt !== null) {
    // The button again, after the app has connected: sending the code once more would look like theft to us.
    return htmlResponse(
      alreadyApprovedPage({ appName: settings.name, client: identityIn(asked) }),
      PAGE_STYLES,
    );
  }
  log();
  const code = mintCode(grant.id, sealerOf(deps));
  return answerClient(asker, { occasion: "approved", code }, deps);
}

function isSameDecision(grant: Grant, personId: string, scopes: readonly string[]): boolean {
  return grant.person.id === personId && formatScopes(grant.scopes) === formatScopes(scopes);
}

function approvalOf(asked: SignedInRequest, scopes: readonly string[], { settings, clock }: Deps): Approval {
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
    endsAt: now + settings.grantSeconds * 1000,
    createdAt: now,
  };
}

/** With what the person saw: the audit log is kept for longer than the grant and the client. */
function fieldsOf({ id, clientId, clientName, person, scopes, redirectUri }: Approval): EventFields {
  return {
    grant: id,
    client: clientId,
    person: person.id,
    scopes,
    client_name: clientName,
    redirect_host: destination(redirectUri).shown,
  };
}

async function deny(asked: SignedInRequest, asker: Asker, deps: Deps, peer: Peer): Promise<Response> {
  await deps.recorder.record("consent.denied", { client: asked.clientId, person: asked.person.id }, peer);
  const error = new OAuthError("access_denied", "The person did not approve.");
  return answerClient(asker, { occasion: "denied", error }, deps);
}
