import { OAuthError } from "../../../core/errors.ts";
import { readForm } from "../../../http/form.ts";
import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, PAGE_STYLES, retryAfter, seeOther } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { requireSameOrigin } from "../../../http/same-origin.ts";
import { mailCodePage } from "../../../pages/mail-code.ts";
import { loginUrl } from "../login-path.ts";
import type { Visit } from "../method.ts";
import { refusalOnly } from "./address-form.ts";
import { askAgain } from "./ask.ts";
import { recordRefused, recordSlowed } from "./deliver.ts";
import { finish } from "./finish.ts";
import { type Mailed, readCode } from "./mailed-links.ts";
import { ASK_PATH, CODE_PATH, type MailSignInParts } from "./sign-in-parts.ts";

/** GET: where the code of a mail is typed, in the browser that asked for the mail. POST: checks it, and goes on; or ends the mail. */
export function codeRoute(parts: MailSignInParts): Route {
  return {
    name: "mail_code",
    paths: [CODE_PATH],
    methods: {
      async GET(request) {
        const query = new URL(request.url).searchParams;
        const visit = await parts.visits.open(request, query.get("state") ?? undefined);
        const asked = await askedHere(visit, query.get("mail") ?? "", parts);
        return asked ? codeResponse(visit, asked, {}, parts) : overResponse(visit, parts);
      },
      POST: (request, peer) => enter(request, peer, parts),
    },
    refusals: "page",
  };
}

/** A mail for a sign-in, as far as this visit asked for it. */
type Asked = Mailed & { readonly mailbox: string };

async function askedHere(
  { sealed }: Visit,
  id: string,
  { links }: Pick<MailSignInParts, "links">,
): Promise<Asked | undefined> {
  const mailed = await links.find(id);
  const about = mailed?.about;
  return about?.purpose === "sign_in" && about.visit === sealed && mailed && mailed.triesLeft > 0
    ? { ...mailed, ...about }
    : undefined;
}

async function enter(request: Request, peer: Peer, parts: MailSignInParts): Promise<Response> {
  const { visits, links, limits } = parts;
  requireSameOrigin(request, parts.issuer);
  const form = await readForm(request);
  const visit = await visits.open(request, form.get("state"));
  // By this visit: a mail that someone else asked for has no tries to lose here.
  const asked = await askedHere(visit, form.get("mail") ?? "", parts);
  if (form.get("cancel")) return cancel(visit, asked, parts);
  if (!asked) return overResponse(visit, parts);
  const code = readCode(form.get("code"));
  if (code === undefined) {
    return codeResponse(visit, asked, { problem: "Type the six digits of the code.", status: 400 }, parts);
  }
  const { mailbox } = asked;
  const of = { purpose: "sign_in", mailbox, client: visit.client?.id } as const;
  const counted = await limits.beginTry(mailbox, peer.address).catch(refusalOnly);
  if (counted instanceof OAuthError) {
    await recordSlowed(of, counted, peer, parts);
    const said = {
      problem: `${counted.message} The link in the email still works in this browser.`,
      status: counted.status,
      headers: retryAfter(counted),
    };
    return codeResponse(visit, asked, said, parts);
  }
  const tried = await links.tryCodes(asked.id, [code]);
  if (!tried) return overResponse(visit, parts);
  if (!tried.isRight) {
    await recordRefused(of, "the code is wrong", peer, parts);
    const { triesLeft } = tried.mailed;
    return triesLeft > 0
      ? codeResponse(visit, asked, { problem: wrongCode(triesLeft), status: 400 }, parts)
      : askAgain(visit, { typed: mailbox, problem: NO_TRIES_LEFT, status: 400 }, parts);
  }
  if (!(await links.use(asked.id, "code"))) return overResponse(visit, parts);
  await counted.giveBack();
  return finish(visit, asked, request, peer, parts);
}

/** Neither link nor code of the mail counts any more: it may be in a stranger's mailbox. */
async function cancel(
  { sealed }: Visit,
  asked: Asked | undefined,
  { links, issuer }: Pick<MailSignInParts, "links" | "issuer">,
): Promise<Response> {
  if (asked) await links.use(asked.id, "code");
  return seeOther(loginUrl(sealed, issuer));
}

function wrongCode(triesLeft: number): string {
  const left = triesLeft === 1 ? "one more try" : `${triesLeft} more tries`;
  return `The code is wrong. Use the one in the newest email. You have ${left}.`;
}

const NO_TRIES_LEFT =
  "The code was wrong five times, so that email can’t be used any more. Ask for a new one.";

/** One page for a mail that was used, has ended, or was asked for elsewhere: it does not tell which. */
function overResponse(visit: Visit, parts: MailSignInParts): Response {
  const problem = "The email was used, has expired, or was replaced. Ask for a new one.";
  return askAgain(visit, { problem, status: 410 }, parts);
}

function codeResponse(
  visit: Visit,
  { id, mailbox }: Asked,
  said: {
    readonly problem?: string;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
  },
  { mailer, issuer, appName }: MailSignInParts,
): Response {
  const page = mailCodePage({
    appName,
    email: mailbox,
    isPrinted: mailer.isPrinted,
    action: urlOf(issuer, CODE_PATH),
    state: visit.sealed,
    mail: id,
    problem: said.problem,
    askAction: urlOf(issuer, ASK_PATH),
  });
  return htmlResponse(page, PAGE_STYLES, said.status, said.headers);
}
