import { readMailbox } from "../../../core/email-address.ts";
import { OAuthError } from "../../../core/errors.ts";
import { readForm } from "../../../http/form.ts";
import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, retryAfter } from "../../../http/responses.ts";
import { urlOf } from "../../../http/route.ts";
import { requireSameOrigin } from "../../../http/same-origin.ts";
import type { Look } from "../../../pages/look.ts";
import { mailDownPage } from "../../../pages/mail-ask.ts";
import { sentenceOf } from "../../../pages/page-error.ts";
import { loginUrl } from "../login-path.ts";
import type { Visit, Visits } from "../method.ts";
import { type DeliveryParts, type OfMail, recordSlowed } from "./deliver.ts";
import type { Counted, MailLimits } from "./mail-limits.ts";

/** An address to which a mail may go: it is counted against the limits. */
export type AskedFor = { readonly visit: Visit; readonly of: OfMail; readonly counted: Counted };

/** Why no mail goes there, for the form to say. */
export type AskedInVain = { readonly visit: Visit; readonly again: Again };

/** What a form that asks for an address says when it is shown again. */
export type Again = {
  readonly typed?: string;
  readonly problem?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
};

/**
 * Reads the form, and counts the mail.
 * @throws OAuthError for a page: another origin, or a visit that does not open
 */
export async function readAddressForm(
  request: Request,
  peer: Peer,
  purpose: OfMail["purpose"],
  parts: Pick<DeliveryParts, "recorder" | "keyring"> & {
    readonly visits: Visits;
    readonly limits: Pick<MailLimits, "beginMail">;
    readonly issuer: string;
    readonly look: Look;
  },
): Promise<AskedFor | AskedInVain> {
  const { visits, limits, issuer, look } = parts;
  requireSameOrigin(request, issuer);
  const form = await readForm(request);
  const visit = await visits.open(request, form.get("state"));
  const typed = form.get("email") ?? "";
  const mailbox = readMailbox(typed);
  if (mailbox === undefined) {
    return { visit, again: { typed, problem: look.texts.mail.problems.typeAddress, status: 400 } };
  }
  const of: OfMail = { purpose, mailbox, client: visit.client?.id };
  const counted = await limits.beginMail(mailbox, peer.address).catch(refusalOnly);
  if (!(counted instanceof OAuthError)) return { visit, of, counted };
  await recordSlowed(of, counted, peer, parts);
  const problem = sentenceOf(counted, look);
  return { visit, again: { typed, problem, status: counted.status, headers: retryAfter(counted) } };
}

/** What was thrown, where it is for a page. */
export function refusalOnly(error: unknown): OAuthError {
  if (error instanceof OAuthError && error.status < 500) return error;
  throw error;
}

const RETRY_SECONDS = 60;

/** The mail server does not take mail now. @param path where the form is posted to again */
export function downResponse(
  path: string,
  { visit, of }: AskedFor,
  { correlationId }: Peer,
  { issuer, look }: { readonly issuer: string; readonly look: Look },
): Response {
  const page = mailDownPage({
    look,
    action: urlOf(issuer, path),
    state: visit.sealed,
    email: of.mailbox,
    backUrl: loginUrl(visit.sealed, issuer),
    correlationId,
  });
  return htmlResponse(page, look.styles, 503, { "Retry-After": String(RETRY_SECONDS) });
}
