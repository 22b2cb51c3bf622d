import { OAuthError } from "../../../core/errors.ts";
import { logRefusal } from "../../../http/boundary.ts";
import { readForm } from "../../../http/form.ts";
import type { Peer } from "../../../http/peer.ts";
import { htmlResponse } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { requireSameOrigin } from "../../../http/same-origin.ts";
import { errorPage } from "../../../pages/error.ts";
import { mailElsewherePage, mailLinkPage } from "../../../pages/mail-link.ts";
import { PageError, sentenceOf } from "../../../pages/page-error.ts";
import type { Visit } from "../method.ts";
import { recordRefused } from "./deliver.ts";
import { finish } from "./finish.ts";
import type { Mailed } from "./mailed-links.ts";
import { LINK_PATH, type MailSignInParts } from "./sign-in-parts.ts";

/**
 * GET: what the link in a mail opens: a button. Mail programs and scanners open links too, so it changes nothing. POST: uses the link
 * up, in the browser that asked for it alone.
 */
export function linkRoute(parts: MailSignInParts): Route {
  return {
    name: "mail_link",
    paths: [LINK_PATH],
    methods: {
      GET: (request, peer) => show(request, peer, parts),
      POST: (request, peer) => use(request, peer, parts),
    },
    refusals: "page",
  };
}

async function show(request: Request, peer: Peer, parts: MailSignInParts): Promise<Response> {
  const token = new URL(request.url).searchParams.get("token") ?? "";
  const found = await find(token, parts);
  if (!found) return endedResponse(request, peer, parts);
  const visit = await openHere(request, found, parts);
  if (!visit) return elsewhereResponse(200, parts);
  const { issuer, look } = parts;
  const page = mailLinkPage({
    look,
    action: urlOf(issuer, LINK_PATH),
    token,
    email: found.mailbox,
    client: visit.client,
    purpose: visit.purpose?.kind,
  });
  return htmlResponse(page, look.styles);
}

async function use(request: Request, peer: Peer, parts: MailSignInParts): Promise<Response> {
  requireSameOrigin(request, parts.issuer);
  const form = await readForm(request);
  const found = await find(form.get("token") ?? "", parts);
  if (!found) return endedResponse(request, peer, parts);
  const visit = await openHere(request, found, parts);
  if (!visit) {
    const of = { purpose: "sign_in", mailbox: found.mailbox } as const;
    await recordRefused(of, "the link was opened in another browser", peer, parts);
    return elsewhereResponse(403, parts);
  }
  if (!(await parts.links.use(found.id, "link"))) return endedResponse(request, peer, parts);
  return finish(visit, found, request, peer, parts);
}

type Found = Mailed & { readonly mailbox: string; readonly visit: string };

async function find(token: string, { links }: MailSignInParts): Promise<Found | undefined> {
  const mailed = await links.findByToken(token);
  const about = mailed?.about;
  // After the last wrong code nothing of the mail is good.
  return mailed && about?.purpose === "sign_in" && mailed.triesLeft > 0 ? { ...mailed, ...about } : undefined;
}

/**
 * The visit that asked for the mail; undefined in another browser.
 * @throws OAuthError where the visit itself is over time
 */
async function openHere(
  request: Request,
  { visit }: Found,
  { visits }: MailSignInParts,
): Promise<Visit | undefined> {
  try {
    return await visits.open(request, visit);
  } catch (error) {
    if (error instanceof OAuthError && error.code === "access_denied") return undefined;
    throw error;
  }
}

/** It shows nothing of the mail: one who got hold of the link alone learns nothing. */
function elsewhereResponse(status: number, { look }: MailSignInParts): Response {
  return htmlResponse(mailElsewherePage({ look }), look.styles, status);
}

/** One page for a link that was used, has ended, or never was: it does not tell which. */
function endedResponse(request: Request, peer: Peer, { look, log }: MailSignInParts): Response {
  const refusal = new PageError("invalid_request", ({ error }) => error.linkEnded);
  logRefusal(refusal, request, log, peer);
  const page = errorPage({
    look,
    title: look.texts.error.linkCannotBeUsed,
    whatHappened: sentenceOf(refusal, look),
    whatToDo: look.texts.mail.link.whenEnded,
    correlationId: peer.correlationId,
    status: STATUS,
  });
  return htmlResponse(page, look.styles, STATUS);
}

/** Gone (RFC 9110 §15.5.11). */
const STATUS = 410;
