import { OAuthError } from "../../../core/errors.ts";
import { readForm } from "../../../http/form.ts";
import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, retryAfter } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { requireSameOrigin } from "../../../http/same-origin.ts";
import { mailCodePage } from "../../../pages/mail-code.ts";
import { sentenceOf } from "../../../pages/page-error.ts";
import { loginUrl } from "../login-path.ts";
import type { Visit } from "../method.ts";
import { refusalOnly } from "./address-form.ts";
import { askAgain } from "./ask.ts";
import { recordRefused, recordSlowed } from "./deliver.ts";
import { finish } from "./finish.ts";
import { type Mailed, readCode } from "./mailed-links.ts";
import { ASK_PATH, CODE_PATH, type MailSignInParts } from "./sign-in-parts.ts";

/** GET: where the code of a mail is typed, in the browser that asked for the mail. POST: checks it, and goes on. */
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
  const { visits, links, limits, look } = parts;
  const { problems } = look.texts.mail;
  requireSameOrigin(request, parts.issuer);
  const form = await readForm(request);
  const visit = await visits.open(request, form.get("state"));
  // By this visit: a mail that someone else asked for has no tries to lose here.
  const asked = await askedHere(visit, form.get("mail") ?? "", parts);
  if (!asked) return overResponse(visit, parts);
  const code = readCode(form.get("code"));
  if (code === undefined) {
    return codeResponse(visit, asked, { problem: problems.typeCode, status: 400 }, parts);
  }
  const { mailbox } = asked;
  const of = { purpose: "sign_in", mailbox, client: visit.client?.id } as const;
  const counted = await limits.beginTry(mailbox, peer.address).catch(refusalOnly);
  if (counted instanceof OAuthError) {
    await recordSlowed(of, counted, peer, parts);
    const said = {
      problem: problems.linkStillWorks(sentenceOf(counted, look)),
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
      ? codeResponse(visit, asked, { problem: problems.wrongCode(triesLeft), status: 400 }, parts)
      : askAgain(visit, { typed: mailbox, problem: problems.noTriesLeft, status: 400 }, parts);
  }
  if (!(await links.use(asked.id, "code"))) return overResponse(visit, parts);
  await counted.giveBack();
  return finish(visit, asked, request, peer, parts);
}

/** One page for a mail that was used, has ended, or was asked for elsewhere: it does not tell which. */
function overResponse(visit: Visit, parts: MailSignInParts): Response {
  const problem = parts.look.texts.mail.problems.over;
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
  { mailer, issuer, look }: MailSignInParts,
): Response {
  const page = mailCodePage({
    look,
    email: mailbox,
    isPrinted: mailer.isPrinted,
    action: urlOf(issuer, CODE_PATH),
    state: visit.sealed,
    mail: id,
    problem: said.problem,
    askAction: urlOf(issuer, ASK_PATH),
    signInUrl: loginUrl(visit.sealed, issuer),
  });
  return htmlResponse(page, look.styles, said.status, said.headers);
}
