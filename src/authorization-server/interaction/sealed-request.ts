import type { ClientIdentity } from "../../core/client.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { BoundSignIn, BrowserBinding } from "../people/browser-binding.ts";
import { requireBound } from "../people/require-bound.ts";

/**
 * An authorization request on its way through the pages. Nothing is stored: it travels sealed, in the `state` field of
 * our own forms and URLs, and is bound to the browser that began by that browser's cookie. Whoever gets hold of the
 * text can neither read it nor go on with it elsewhere.
 */
export type AuthorizationRequest = {
  /** Becomes the grant's id, so that approving twice is one grant. */
  readonly id: string;
  readonly clientId: string;
  /** As the client was when it asked: what the person is shown is what is approved. */
  readonly clientName: string | null;
  readonly clientOrigin: ClientIdentity["origin"];
  readonly clientHoldsKey: boolean;
  readonly clientRemembersConsent: boolean;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly codeChallenge: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  /** Epoch milliseconds: a sign-in from before this does not count (`prompt=login`, `max_age`). */
  readonly signInAfter?: number | undefined;
  /** The client wants the person to be asked, whatever they approved before (`prompt=consent`). */
  readonly asksAnyway?: boolean | undefined;
  /** The client wants no page: what needs one is answered with an error (`prompt=none`). */
  readonly isSilent?: boolean | undefined;
  /** The username or address that the client expects (`login_hint`). */
  readonly loginHint?: string | undefined;
  /** The id of the browser that began. */
  readonly browser: string;
  readonly endsAt: number;
};

/**
 * The same once somebody has signed in. Only this can be approved, and only while that sign-in lasts. Where a sign-in counts
 * for its own request, this is sealed in the answer to the sign-in alone: no cookie may ever be enough to get it.
 */
export type SignedInRequest = AuthorizationRequest &
  BoundSignIn & {
    /** The steps that this person has passed since, by name, and the sign-in in which that was. */
    readonly passed?: readonly string[];
    readonly passedIn?: string;
  };

/** Time to find the password manager and read the page; after it, the client begins again. */
export const AUTHORIZATION_REQUEST_SECONDS = 30 * 60;

type Sealer = { readonly keyring: Keyring; readonly clock: Clock; readonly issuer: string };
type Opener = Sealer & { readonly binding: Pick<BrowserBinding, "browserOf"> };

export function sealRequest(
  request: AuthorizationRequest | SignedInRequest,
  { keyring, issuer }: Sealer,
): Promise<string> {
  return keyring.seal("authorization-request", JSON.stringify({ iss: issuer, request }));
}

/**
 * Opens a request for the browser that it was sealed for.
 * @param request what came from the browser, with its cookies.
 * @throws OAuthError for a page: it is unreadable, over time, or began in another browser.
 */
export async function openRequest(
  sealed: string | undefined,
  request: Request,
  { keyring, clock, issuer, binding }: Opener,
): Promise<AuthorizationRequest | SignedInRequest> {
  const text = sealed === undefined ? undefined : await keyring.open("authorization-request", sealed);
  const opened =
    text === undefined ? undefined : (JSON.parse(text) as { iss: string; request: AuthorizationRequest });
  if (!opened || opened.iss !== issuer) {
    throw new PageError("invalid_request", ({ error }) => error.incompleteLink, {
      detail: sealed === undefined ? "no state" : "the state does not open",
    });
  }
  requireBound(opened.request, request, { binding, clock });
  return opened.request;
}

export function isSignedIn(request: AuthorizationRequest | SignedInRequest): request is SignedInRequest {
  return "person" in request;
}

/** What the pages say of the client that asked. */
export function identityIn({
  clientId: id,
  clientName: name,
  clientOrigin: origin,
  clientHoldsKey: holdsKey,
  clientRemembersConsent: remembersConsent,
}: Pick<
  AuthorizationRequest,
  "clientId" | "clientName" | "clientOrigin" | "clientHoldsKey" | "clientRemembersConsent"
>): ClientIdentity {
  return { id, name, origin, holdsKey, remembersConsent };
}
