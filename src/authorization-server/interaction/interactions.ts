import type { UnauditedEvent } from "../../core/events.ts";
import { displayName, type Person } from "../../core/person.ts";
import type { Peer } from "../../http/peer.ts";
import { htmlResponse } from "../../http/responses.ts";
import { type Route, urlOf } from "../../http/route.ts";
import type { Look } from "../../pages/look.ts";
import { PageError } from "../../pages/page-error.ts";
import { signInAgainPage } from "../../pages/sign-in-again.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import { randomId } from "../../platform/random.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { NewSession } from "../../store/people-records.ts";
import type { BrowserBinding, SignedIn, SignInDetails } from "../people/browser-binding.ts";
import { type Known, nextStep, type Policy, type Step } from "./next-step.ts";
import {
  AUTHORIZATION_REQUEST_SECONDS,
  type AuthorizationRequest,
  isSignedIn,
  openRequest,
  type SignedInRequest,
  sealRequest,
} from "./sealed-request.ts";

/** What a request is when it begins: all that does not come of the browser. */
export type Asked = Omit<AuthorizationRequest, "id" | "endsAt" | "browser">;

/** Where the browser goes, with the cookies that it gets. */
export type Next = { readonly location: string; readonly setCookies: readonly string[] };

/** Authorization requests on their way through the pages. Nothing of them is stored. */
export type Interactions = {
  /** Begins one in this browser. */
  begin(request: Request, asked: Asked): Promise<Begun>;
  /** @throws OAuthError for a page: what the browser carries is unreadable, over time, or began elsewhere. */
  open(request: Request, sealed: string | undefined): Promise<AuthorizationRequest | SignedInRequest>;
  /**
   * The same at a step behind the sign-in.
   * @returns the request, for the person who signed in for it; to anyone else, a page that leads to the sign-in
   * @throws OAuthError where another step comes first
   */
  openAt(
    step: Step,
    request: Request,
    sealed: string | undefined,
    peer: Peer,
  ): Promise<SignedInRequest | Response>;
  /** A person has proved who they are. What another person passed before is worth nothing. */
  newSignIn(request: Request, asked: AuthorizationRequest, details: SignInDetails): BegunSignIn;
  /** The person has passed this step. */
  passed(step: Step, asked: SignedInRequest): Promise<Next>;
  /** Where to sign in for the same request. What the link carries holds no person, so that nobody can approve it. */
  signInUrl(asked: SignedInRequest): Promise<string>;
  /** The person has denied: nothing more is decided about the request. */
  end(asked: AuthorizationRequest): readonly string[];
};

/** A sign-in that counts once it is kept. */
export type BegunSignIn = {
  readonly session: NewSession | undefined;
  /** Once it is kept: leads on. */
  go(signedIn: SignedIn): Promise<Next>;
};

/** A step between the sign-in and the decision: what the policy asks of it, and its pages. */
export type FurtherStep = {
  readonly step: Step;
  routes(interactions: Interactions): readonly Route[];
};

/** A request that has just begun. */
export type Begun = {
  /** Who is signed in already. */
  readonly person: Person | undefined;
  readonly firstStep: Step;
  /** Leads there. */
  go(): Promise<Next>;
};

export type InteractionsParts = {
  readonly policy: Policy;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly binding: BrowserBinding;
  readonly issuer: string;
  readonly look: Look;
  readonly log: Log<UnauditedEvent>;
};

export function createInteractions(parts: InteractionsParts): Interactions {
  const { policy, clock, binding } = parts;

  const begin: Interactions["begin"] = async (request, asked) => {
    const current = await binding.signedIn(request);
    const counting = current && isRecent(current, asked) ? current : undefined;
    const begun = { id: randomId(), endsAt: clock() + AUTHORIZATION_REQUEST_SECONDS * 1000 };
    const { browser, setCookies } = binding.begin(request, begun);
    const pending = { ...begun, ...asked, browser };
    const known = counting ? { ...pending, ...counting, signIn: undefined } : pending;
    return {
      person: counting?.person,
      firstStep: nextStep(known, knownOf(known), policy),
      go: async () => ({ location: await leadOn(known), setCookies }),
    };
  };

  const open: Interactions["open"] = (request, sealed) => openRequest(sealed, request, parts);

  const leadOn = (asked: AuthorizationRequest | SignedInRequest) =>
    pageUrl(nextStep(asked, knownOf(asked), policy), asked, parts);

  const signInUrl: Interactions["signInUrl"] = (asked) => leadOn(unsigned(asked));

  return {
    begin,
    open,
    signInUrl,
    async openAt(step, request, sealed, peer) {
      const asked = await open(request, sealed);
      // A request of the sign-in stage holds no person: nobody may approve it.
      if (!isSignedIn(asked)) throw new PageError("access_denied", ({ error }) => error.notSignedInYet);
      // Cookies of before the sign-in are not enough, or whoever planted them could decide (session fixation).
      const current = await binding.signedInFor(request, asked);
      if (current?.person.id !== asked.person.id || !isRecent(current, asked))
        return askToSignIn(asked, current?.person, await signInUrl(asked), request, peer, parts);
      // What was passed in an earlier sign-in, by anyone, is worth nothing in this one.
      const passed = asked.passedIn === current.signIn ? (asked.passed ?? []) : [];
      const { signIn: passedIn, ...signedIn } = current;
      const now = { ...asked, ...signedIn, passed, passedIn };
      const next = nextStep(now, knownOf(now), policy);
      if (next.name === step.name) return now;
      throw new PageError("access_denied", ({ error }) => error.stepNotPassed, {
        detail: `${step.name} before ${next.name}`,
      });
    },
    newSignIn(request, asked, details) {
      const { session, signIn, setCookies } = binding.newSignIn(request, asked, details);
      const go: BegunSignIn["go"] = async (signedIn) => ({
        location: await leadOn({ ...asked, ...signedIn, signIn, passed: [] }),
        setCookies,
      });
      return { session, go };
    },
    async passed(step, asked) {
      const passed = [...(asked.passed ?? []), step.name];
      return { location: await leadOn({ ...asked, passed }), setCookies: [] };
    },
    end: (asked) => binding.end(asked),
  };
}

/** Whether a sign-in is as recent as the request asks for. */
function isRecent({ authenticatedAt }: SignedIn, { signInAfter = 0 }: Asked): boolean {
  return authenticatedAt >= signInAfter;
}

function unsigned({
  person: _person,
  signIn: _signIn,
  signedInAt: _signedInAt,
  authenticatedAt: _authenticatedAt,
  passed: _passed,
  passedIn: _passedIn,
  ...asked
}: SignedInRequest): AuthorizationRequest {
  return asked;
}

function knownOf(asked: AuthorizationRequest | SignedInRequest): Known {
  return isSignedIn(asked)
    ? { person: asked.person, passed: asked.passed ?? [] }
    : { person: undefined, passed: [] };
}

/**
 * The page of a step, for a sealed request. With a fragment of its own: a redirect without one keeps that of the link
 * (RFC 9110 §10.2.2), which could scroll Approve to where the person is about to click.
 */
async function pageUrl(
  { path }: Step,
  asked: AuthorizationRequest | SignedInRequest,
  sealer: Pick<InteractionsParts, "keyring" | "clock" | "issuer">,
): Promise<string> {
  return `${urlOf(sealer.issuer, path)}?state=${encodeURIComponent(await sealRequest(asked, sealer))}#top`;
}

function askToSignIn(
  asked: SignedInRequest,
  current: Person | undefined,
  loginUrl: string,
  request: Request,
  { correlationId, address }: Peer,
  { look, log }: Pick<InteractionsParts, "look" | "log">,
): Response {
  log.event("request.refused", {
    error: "access_denied",
    reason: current ? "another person is signed in" : "the sign-in for this request is over or elsewhere",
    path: new URL(request.url).pathname,
    correlationId,
    address,
  });
  const page = signInAgainPage({
    look,
    personName: displayName(asked.person),
    currentName: current && displayName(current),
    loginUrl,
  });
  return htmlResponse(page, look.styles, 403);
}
