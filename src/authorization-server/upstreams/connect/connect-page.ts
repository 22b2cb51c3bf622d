import type { UnauditedEvent } from "../../../core/events.ts";
import { displayName } from "../../../core/person.ts";
import { logRefusal } from "../../../http/boundary.ts";
import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, pageStatus, seeOther } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { connectPage } from "../../../pages/account/connect.ts";
import { actionForm } from "../../../pages/account/form.ts";
import { accountRefusedPage } from "../../../pages/account/refused.ts";
import { html } from "../../../pages/html.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError, sentenceOf } from "../../../pages/page-error.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Store } from "../../../store/store.ts";
import type { AccountVisits } from "../../account/account-visits.ts";
import { PAGE_TOKEN, type PageTokens } from "../../account/page-tokens.ts";
import { partName } from "../../account/parts.ts";
import { isRecent } from "../../account/recent.ts";
import type { AccountSessions } from "../../people/account-sessions.ts";
import type { CurrentSignIn } from "../../people/browser-binding.ts";
import { ACCOUNT_PATH, connectPathOf } from "../../sign-in/account-path.ts";
import { loginUrl } from "../../sign-in/login-path.ts";
import type { OpenUpstream } from "../vault.ts";
import { type AccountUpstreamAction, UPSTREAMS } from "./account-answers.ts";
import { ANSWER, type WaitingAnswers } from "./answers.ts";
import { type ConnectLinks, TICKET } from "./connect-links.ts";
import { shownService } from "./shown-service.ts";

export type ConnectPageParts = {
  readonly links: Pick<ConnectLinks, "personOf">;
  readonly answers: Pick<WaitingAnswers, "open">;
  readonly sessions: Pick<AccountSessions, "current" | "cookieShowsPage">;
  readonly visits: Pick<AccountVisits, "begin">;
  readonly pageTokens: Pick<PageTokens, "open" | "seal" | "urlFor">;
  readonly store: Pick<Store, "findPerson">;
  readonly clock: Clock;
  readonly log: Log<UnauditedEvent>;
  readonly issuer: string;
  readonly look: Look;
};

/**
 * GET /account/connect/<name>: what a tool's link opens. It asks for a sign-in of the person whose link it is, and then whether to
 * connect. The button posts to the account page, like every change there. Writes nothing.
 */
export function connectPageRoute(open: OpenUpstream, parts: ConnectPageParts): Route {
  return {
    name: "account_connect",
    paths: [connectPathOf(open.name)],
    methods: { GET: (request, peer) => show(request, peer, open, parts) },
    refusals: "page",
  };
}

async function show(
  request: Request,
  peer: Peer,
  open: OpenUpstream,
  parts: ConnectPageParts,
): Promise<Response> {
  const { links, sessions, pageTokens, clock } = parts;
  const { searchParams } = new URL(request.url);
  const text = (name: string) => searchParams.get(name) ?? undefined;
  const current = await sessions.current(request);
  if (current && (await pageTokens.open(text(PAGE_TOKEN), current))) {
    return showPage(current, text(ANSWER), open, parts);
  }
  const personId = await links.personOf(text(TICKET), open.name);
  if (personId === undefined) return linkIsOver(request, peer, parts);
  const isTheirs = current?.person.id === personId && isRecent(current, clock());
  return current && isTheirs && sessions.cookieShowsPage
    ? showPage(current, undefined, open, parts)
    : signIn(request, personId, open, parts);
}

async function signIn(
  request: Request,
  personId: string,
  { name, upstream: { label } }: OpenUpstream,
  { visits, clock, issuer }: ConnectPageParts,
): Promise<Response> {
  const purpose = { kind: "connect", personId, upstream: name, label, signInAfter: clock() } as const;
  const { sealed, setCookies } = await visits.begin(request, purpose);
  return seeOther(loginUrl(sealed, issuer), setCookies);
}

async function showPage(
  current: CurrentSignIn,
  given: string | undefined,
  open: OpenUpstream,
  { answers, store, pageTokens, issuer, look }: ConnectPageParts,
): Promise<Response> {
  const { person } = current;
  const { name, kind } = shownService(open);
  const isAnswered = given !== undefined && (await answers.open(given, name, current)) !== undefined;
  const action: AccountUpstreamAction = kind === "key" ? "store_key" : isAnswered ? "finish" : "connect";
  const form = { action: urlOf(issuer, ACCOUNT_PATH), pageToken: await pageTokens.seal(current) };
  const hidden = html`<input type="hidden" name="upstream" value="${name}">
${isAnswered ? html`<input type="hidden" name="${ANSWER}" value="${given}">` : undefined}`;
  const called = displayName(person);
  const page = connectPage({
    look,
    upstream: shownService(open),
    person: {
      id: person.id,
      name: called === person.id ? undefined : called,
      email: (await store.findPerson(person.id))?.emails[0],
    },
    isAnswered,
    form: (fields) => actionForm(form, partName(UPSTREAMS, action), html`${hidden}${fields}`),
    noUrl: await pageTokens.urlFor(current),
  });
  return htmlResponse(page, look.styles);
}

/** A link that is over, or was made up: nothing says whose it is. */
async function linkIsOver(
  request: Request,
  peer: Peer,
  { log, look, pageTokens }: ConnectPageParts,
): Promise<Response> {
  const { connect, account } = look.texts;
  const error = new PageError("invalid_request", (texts) => texts.connect.linkIsOver, {
    detail: "the link to connect a service has expired, or is not from this server",
  });
  logRefusal(error, request, log, peer);
  const page = accountRefusedPage({
    look,
    title: connect.nothingConnected,
    whatHappened: sentenceOf(error, look),
    link: { text: account.refused.open, url: await pageTokens.urlFor(undefined) },
    correlationId: peer.correlationId,
  });
  return htmlResponse(page, look.styles, pageStatus(error));
}
