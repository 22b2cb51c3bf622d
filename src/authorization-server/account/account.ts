import { OAuthError } from "../../core/errors.ts";
import type { UnauditedEvent } from "../../core/events.ts";
import { logRefusal } from "../../http/boundary.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { htmlResponse, seeOther } from "../../http/responses.ts";
import { type Route, urlOf } from "../../http/route.ts";
import { requireSameOrigin } from "../../http/same-origin.ts";
import { accountRefusedPage } from "../../pages/account/refused.ts";
import { signedOutPage } from "../../pages/account/signed-out.ts";
import { PageError, sentenceOf } from "../../pages/page-error.ts";
import type { Log } from "../../platform/logging.ts";
import type { AccountSessions } from "../people/account-sessions.ts";
import { ACCOUNT_PATH } from "../sign-in/account-path.ts";
import { loginUrl } from "../sign-in/login-path.ts";
import { showAccount } from "./account-page.ts";
import { OPEN_AGAIN } from "./account-visits.ts";
import { type ActionParts, actionCalled, signInAgain } from "./actions.ts";
import { PAGE_TOKEN } from "./page-tokens.ts";
import { isRecent } from "./recent.ts";

export type AccountParts = ActionParts & {
  readonly sessions: Pick<AccountSessions, "current" | "forget" | "cookieShowsPage">;
  readonly log: Log<UnauditedEvent>;
};

/** GET /account: what a person sees of themselves, after a sign-in without a client. POST: what they end, link and change. */
export function accountRoute(parts: AccountParts): Route {
  return {
    name: "account",
    paths: [ACCOUNT_PATH],
    methods: {
      GET: (request) => show(request, parts),
      POST: (request, peer) => change(request, peer, parts),
    },
    refusals: "page",
  };
}

async function show(request: Request, parts: AccountParts): Promise<Response> {
  const { sessions, pageTokens, issuer, look } = parts;
  const { searchParams } = new URL(request.url);
  const current = await sessions.current(request);
  if (current) {
    const pageToken = searchParams.get(PAGE_TOKEN) ?? "";
    const token = await pageTokens.open(pageToken, current);
    if (token || sessions.cookieShowsPage) {
      const question = token?.proposed && { proposed: token.proposed, pageToken };
      return showAccount(current, { notice: token?.notice, question }, parts);
    }
  } else if (searchParams.has("signed_out")) {
    const page = signedOutPage({ look, accountUrl: urlOf(issuer, ACCOUNT_PATH) });
    return htmlResponse(page, look.styles);
  }
  return signIn(request, parts);
}

async function signIn(request: Request, { visits, issuer }: AccountParts): Promise<Response> {
  const { sealed, setCookies } = await visits.begin(request, { kind: "sign_in" });
  return seeOther(loginUrl(sealed, issuer), setCookies);
}

/** A form that can't be read came from this page, so the advice is about the page: connecting again in an app would not help. */
function change(request: Request, peer: Peer, parts: AccountParts): Promise<Response> {
  return changeOnce(request, peer, parts).catch((error: unknown) => {
    if (!(error instanceof OAuthError) || error.code !== "invalid_request") throw error;
    if (error instanceof PageError && error.advises) throw error;
    const { detail, pageStatus, cause } = error;
    throw new PageError(error.code, (texts) => sentenceOf(error, { texts }), {
      advises: OPEN_AGAIN,
      ...(detail !== undefined && { detail }),
      ...(pageStatus !== undefined && { pageStatus }),
      cause,
    });
  });
}

async function changeOnce(request: Request, peer: Peer, parts: AccountParts): Promise<Response> {
  requireSameOrigin(request, parts.issuer, OPEN_AGAIN);
  const form = await readForm(request);
  const current = await parts.sessions.current(request);
  const token = current && (await parts.pageTokens.open(form.get(PAGE_TOKEN), current));
  if (!current || !token) return outOfDate(current !== undefined, request, peer, parts);
  const action = actionCalled(form.get("action"), parts.parts);
  const asked = { request, form, current, token, peer };
  if (action.needsRecentSignIn && !isRecent(current, parts.clock())) return signInAgain(asked, parts);
  return action.run(asked, parts);
}

/** A form without the token of this session: another session began since, or it comes from elsewhere. */
function outOfDate(isSignedIn: boolean, request: Request, peer: Peer, parts: AccountParts): Response {
  const { look, issuer, log } = parts;
  const detail = isSignedIn ? "the form has no token of this session" : "no one is signed in";
  const { outOfDate, nothingChanged, open } = look.texts.account.refused;
  const refusal = new PageError("access_denied", ({ account }) => account.refused.outOfDate, { detail });
  logRefusal(refusal, request, log, peer);
  const page = accountRefusedPage({
    look,
    title: nothingChanged,
    whatHappened: outOfDate,
    link: { text: open, url: urlOf(issuer, ACCOUNT_PATH) },
    correlationId: peer.correlationId,
  });
  return htmlResponse(page, look.styles, refusal.status);
}
