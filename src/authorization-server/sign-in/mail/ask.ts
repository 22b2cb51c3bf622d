import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, seeOther } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { mailAskPage } from "../../../pages/mail-ask.ts";
import { loginUrl } from "../login-path.ts";
import type { Visit } from "../method.ts";
import { type Again, downResponse, readAddressForm } from "./address-form.ts";
import { deliver } from "./deliver.ts";
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

async function ask(request: Request, peer: Peer, parts: MailSignInParts): Promise<Response> {
  const { links, issuer, look } = parts;
  const asked = await readAddressForm(request, peer, "sign_in", parts);
  if ("again" in asked) return askAgain(asked.visit, asked.again, parts);
  const { visit, of, counted } = asked;
  const { mailbox } = of;
  // Before it is sent: a link that comes sooner than its row would open nothing.
  const made = await links.make<readonly [string]>({ purpose: "sign_in", mailbox, visit: visit.sealed }, 1);
  if (!made) throw new Error("a mail without a person is always kept");
  const url = `${urlOf(issuer, LINK_PATH)}?token=${made.token}`;
  const sent = await deliver(of, signInMail(look, { url, code: made.codes[0] }), peer, parts);
  if (sent !== "sent") {
    await links.use(made.id, "code");
    if (sent === "not_sent") await counted.giveBack();
    return downResponse(ASK_PATH, asked, peer, parts);
  }
  return seeOther(codeUrl(visit, made.id, issuer));
}

function codeUrl({ sealed }: Visit, id: string, issuer: string): string {
  return `${urlOf(issuer, CODE_PATH)}?${new URLSearchParams({ state: sealed, mail: id })}#top`;
}

export function askAgain(
  visit: Visit,
  said: Again,
  { issuer, look }: Pick<MailSignInParts, "issuer" | "look">,
): Response {
  const page = mailAskPage({
    look,
    action: urlOf(issuer, ASK_PATH),
    state: visit.sealed,
    typed: said.typed,
    problem: said.problem,
    signInUrl: loginUrl(visit.sealed, issuer),
  });
  return htmlResponse(page, look.styles, said.status, said.headers);
}
