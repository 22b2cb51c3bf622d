import { OAuthError } from "../../../core/errors.ts";
import { connectCallbackPathOf } from "../../../core/upstream-urls.ts";
import { logRefusal } from "../../../http/boundary.ts";
import type { Peer } from "../../../http/peer.ts";
import { refusePrefetch } from "../../../http/prefetch.ts";
import { htmlResponse, pageStatus, retryAfter, seeOther, withCookies } from "../../../http/responses.ts";
import type { Route } from "../../../http/route.ts";
import { accountRefusedPage } from "../../../pages/account/refused.ts";
import { UPSTREAMS_ANCHOR } from "../../../pages/account/upstreams.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError, sentenceOf } from "../../../pages/page-error.ts";
import type { PageTokens } from "../../account/page-tokens.ts";
import { partName } from "../../account/parts.ts";
import type { AccountSessions } from "../../people/account-sessions.ts";
import type { CurrentSignIn } from "../../people/browser-binding.ts";
import { connectPathOf } from "../../sign-in/account-path.ts";
import { noticeOf, UPSTREAMS } from "./account-answers.ts";
import { ANSWER, readAnswer, type WaitingAnswers } from "./answers.ts";
import {
  askedOf,
  type ConnectionTransaction,
  type ConnectionTransactions,
  type OAuthService,
} from "./connection.ts";
import { type FinishParts, finishConnection, recordNotConnected } from "./finish.ts";

export type ConnectCallbackParts = FinishParts & {
  readonly transactions: Pick<ConnectionTransactions, "take">;
  readonly answers: Pick<WaitingAnswers, "seal">;
  readonly sessions: Pick<AccountSessions, "current" | "cookieShowsPage">;
  readonly pageTokens: Pick<PageTokens, "urlFor">;
  readonly issuer: string;
  readonly look: Look;
};

/** GET /oauth/callback/<name>/connect: the service's answer to a person who connects it (RFC 6749 §4.1.2). */
export function connectCallbackRoute(service: OAuthService, parts: ConnectCallbackParts): Route {
  return {
    name: "connect_callback",
    paths: [connectCallbackPathOf(service.name)],
    methods: { GET: (request, peer) => callback(request, peer, service, parts) },
    refusals: "page",
  };
}

/** The connection of this browser first, then the session that began it: an answer that someone else began reaches nothing. */
async function callback(
  request: Request,
  peer: Peer,
  service: OAuthService,
  parts: ConnectCallbackParts,
): Promise<Response> {
  const { transactions, sessions } = parts;
  refusePrefetch(request);
  const { search } = new URL(request.url);
  const params = readAnswer(search);
  const { name, upstream } = service;
  const none = (reason: string, setCookies: readonly string[] = []) => {
    recordNotConnected({ upstream: name, reason }, peer, parts.log);
    const error = new PageError("invalid_request", ({ connect }) => connect.noConnection(upstream.label));
    return refused(error, undefined, setCookies, peer, parts);
  };
  if (params.repeated.length > 0) return none("a parameter is repeated");
  const { setCookies, ...taken } = await transactions.take(request, name, params.get("state"));
  if ("why" in taken) return none(taken.why, setCookies);
  const { transaction } = taken;
  const current = await sessions.current(request);
  if (current?.signIn !== transaction.session || current.person.id !== transaction.personId) {
    return none("the session that began it is over, or is not this browser's", setCookies);
  }
  const isApproved = params.get("code") !== undefined && params.get("error") === undefined;
  if (isApproved && !sessions.cookieShowsPage) return ask(current, transaction, search, setCookies, parts);
  const answer = { ...askedOf(transaction, parts.issuer), params };
  return finish(current, service, answer, setCookies, request, peer, parts);
}

/** Leads to the page that asks whether to connect it. */
async function ask(
  current: CurrentSignIn,
  transaction: ConnectionTransaction,
  search: string,
  setCookies: readonly string[],
  { pageTokens, answers }: ConnectCallbackParts,
): Promise<Response> {
  const url = new URL(
    await pageTokens.urlFor(current, undefined, { path: connectPathOf(transaction.method) }),
  );
  url.searchParams.set(ANSWER, await answers.seal(transaction, search));
  return seeOther(url.href, setCookies);
}

async function finish(
  current: CurrentSignIn,
  service: OAuthService,
  answer: Parameters<typeof finishConnection>[2],
  setCookies: readonly string[],
  request: Request,
  peer: Peer,
  parts: ConnectCallbackParts,
): Promise<Response> {
  try {
    const finished = await finishConnection(current, service, answer, peer, parts);
    if (finished instanceof OAuthError) return refused(finished, current, setCookies, peer, parts);
    const notice = partName(UPSTREAMS, noticeOf(finished, service.name));
    return seeOther(await parts.pageTokens.urlFor(current, notice, { anchor: UPSTREAMS_ANCHOR }), setCookies);
  } catch (error) {
    if (!(error instanceof OAuthError) || error.status < 500) throw error;
    // Ours does not answer. The service's answer is used up, so loading this page again would not help.
    logRefusal(error, request, parts.log, peer);
    return refused(error, current, setCookies, peer, parts);
  }
}

async function refused(
  error: OAuthError,
  current: CurrentSignIn | undefined,
  setCookies: readonly string[],
  { correlationId }: Peer,
  { look, pageTokens }: ConnectCallbackParts,
): Promise<Response> {
  const { connect, account } = look.texts;
  const page = accountRefusedPage({
    look,
    title: connect.nothingConnected,
    whatHappened: sentenceOf(error, look),
    link: { text: account.refused.open, url: await pageTokens.urlFor(current) },
    correlationId,
  });
  return withCookies(htmlResponse(page, look.styles, pageStatus(error), retryAfter(error)), setCookies);
}
