import { readMailbox } from "../../../core/email-address.ts";
import { OAuthError } from "../../../core/errors.ts";
import { readForm } from "../../../http/form.ts";
import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, PAGE_STYLES, retryAfter, seeOther } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { requireSameOrigin } from "../../../http/same-origin.ts";
import { mailAskPage, mailDownPage } from "../../../pages/mail-ask.ts";
import { LOGIN_PATH } from "../login-path.ts";
import type { Visit } from "../method.ts";
import { deliver, type OfMail, recordSlowed } from "./deliver.ts";
import { signInMail } from "./mail-texts.ts";
import { ASK_PATH, CODE_PATH, LINK_PATH, type MailSignInParts } from "./sign-in-parts.ts";

/**
 * POST: sends a mail to the address. GET: the form alone, for those who come from a page without it. Whether the address is known, and
 * may come in, is not asked before the mail was read: until then every address gets the same answer, after the same work.
 */
export function askRoute(parts: MailSignInParts): Route {
  return {
    name: "mail_ask",
    paths: [ASK_PATH],
    methods: {
      async GET(request) {
        const state = new URL(request.url).searchParams.get("state") ?? undefined;
        return askAgain(await parts.visits.open(request, state), {}, parts);
      },
      POST: (request, peer) => ask(request, peer, parts),
    },
    refusals: "page",
  };
}

export const ADDRESS_PROBLEM = "Type one email address, such as ada@example.com.";

async function ask(request: Request, peer: Peer, parts: MailSignInParts): Promise<Response> {
  const { visits, links, limits, issuer, appName } = parts;
  requireSameOrigin(request, issuer);
  const form = await readForm(request);
  const visit = await visits.open(request, form.get("state"));
  const typed = form.get("email") ?? "";
  const mailbox = readMailbox(typed);
  if (mailbox === undefined) return askAgain(visit, { typed, problem: ADDRESS_PROBLEM, status: 400 }, parts);
  const of: OfMail = { purpose: "sign_in", mailbox, client: visit.client?.id };
  const counted = await limits.beginMail(mailbox, peer.address).catch(refusalOnly);
  if (counted instanceof OAuthError) {
    await recordSlowed(of, counted, peer, parts);
    const said = { problem: counted.message, status: counted.status, headers: retryAfter(counted) };
    return askAgain(visit, { typed, ...said }, parts);
  }
  // Before it is sent: a link that comes sooner than its row would open nothing.
  const made = await links.make<readonly [string]>({ purpose: "sign_in", mailbox, visit: visit.sealed }, 1);
  if (!made) throw new Error("a mail without a person is always kept");
  const url = `${urlOf(issuer, LINK_PATH)}?token=${made.token}`;
  const sent = await deliver(of, signInMail(appName, { url, code: made.codes[0] }), peer, parts);
  if (sent !== "sent") {
    await links.use(made.id, "code");
    if (sent === "not_sent") await counted.giveBack();
    return downAgain(visit, mailbox, peer, parts);
  }
  return seeOther(codeUrl(visit, made.id, issuer));
}

/** What was thrown, where it is for a page. */
export function refusalOnly(error: unknown): OAuthError {
  if (error instanceof OAuthError && error.status < 500) return error;
  throw error;
}

function codeUrl({ sealed }: Visit, id: string, issuer: string): string {
  return `${urlOf(issuer, CODE_PATH)}?${new URLSearchParams({ state: sealed, mail: id })}#top`;
}

/** The page of all methods, for the same visit. */
export function signInUrl({ sealed }: Visit, issuer: string): string {
  return `${urlOf(issuer, LOGIN_PATH)}?${new URLSearchParams({ state: sealed })}#top`;
}

export function askAgain(
  visit: Visit,
  said: {
    readonly typed?: string;
    readonly problem?: string;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
  },
  { issuer, appName }: Pick<MailSignInParts, "issuer" | "appName">,
): Response {
  const page = mailAskPage({
    appName,
    action: urlOf(issuer, ASK_PATH),
    state: visit.sealed,
    typed: said.typed,
    problem: said.problem,
    signInUrl: signInUrl(visit, issuer),
  });
  return htmlResponse(page, PAGE_STYLES, said.status, said.headers);
}

const RETRY_SECONDS = 60;

function downAgain(
  visit: Visit,
  mailbox: string,
  { correlationId }: Peer,
  { issuer, appName }: MailSignInParts,
): Response {
  const page = mailDownPage({
    appName,
    action: urlOf(issuer, ASK_PATH),
    state: visit.sealed,
    email: mailbox,
    backUrl: signInUrl(visit, issuer),
    correlationId,
  });
  return htmlResponse(page, PAGE_STYLES, 503, { "Retry-After": String(RETRY_SECONDS) });
}
