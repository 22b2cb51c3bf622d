import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, seeOther } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { forgottenPasswordPage, passwordMailSentPage } from "../../../pages/forgotten-password.ts";
import type { Look } from "../../../pages/look.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Store } from "../../../store/store.ts";
import { loginUrl } from "../login-path.ts";
import type { Visit, Visits } from "../method.ts";
import { newLink } from "../users/one-time-links.ts";
import { USERS } from "../users/usernames.ts";
import { type Again, downResponse, readAddressForm } from "./address-form.ts";
import { type DeliveryParts, deliver } from "./deliver.ts";
import { mailIdentity } from "./identity.ts";
import type { MailLimits } from "./mail-limits.ts";
import { newPasswordMail } from "./mail-texts.ts";
import type { Mailer } from "./mailer.ts";

export type ForgottenPasswordParts = DeliveryParts & {
  readonly mailer: Mailer;
  readonly limits: MailLimits;
  readonly visits: Visits;
  readonly store: Pick<
    Store,
    "findByIdentity" | "listIdentities" | "findByAddress" | "addMailedPasswordLink"
  >;
  readonly clock: Clock;
  readonly issuer: string;
  readonly look: Look;
};

export const FORGOTTEN_PASSWORD_PATH = "/oauth/forgotten-password";

/** @returns where a person who came for this visit asks for a new password */
export function forgottenPasswordUrl({ sealed }: Visit, issuer: string): string {
  return `${urlOf(issuer, FORGOTTEN_PASSWORD_PATH)}?${new URLSearchParams({ state: sealed })}#top`;
}

/**
 * GET: asks for an address. POST: sends it a mail, whether it belongs to a person or not: what the mail says is for its reader. The link
 * in it is one of the directory's, bound to its person.
 */
export function forgottenPasswordRoute(parts: ForgottenPasswordParts): Route {
  return {
    name: "forgotten_password",
    paths: [FORGOTTEN_PASSWORD_PATH],
    methods: {
      async GET(request) {
        const query = new URL(request.url).searchParams;
        const visit = await parts.visits.open(request, query.get("state") ?? undefined);
        return query.has("sent") ? sentResponse(visit, parts) : askAgain(visit, {}, parts);
      },
      POST: (request, peer) => ask(request, peer, parts),
    },
    refusals: "page",
  };
}

async function ask(request: Request, peer: Peer, parts: ForgottenPasswordParts): Promise<Response> {
  const { look, issuer } = parts;
  const asked = await readAddressForm(request, peer, "password", parts);
  if ("again" in asked) return askAgain(asked.visit, asked.again, parts);
  const { visit, of, counted } = asked;
  const links = await linksFor(of.mailbox, peer, parts);
  const sent = await deliver(of, newPasswordMail(look, links), peer, parts);
  if (sent !== "sent") {
    if (sent === "not_sent") await counted.giveBack();
    return downResponse(FORGOTTEN_PASSWORD_PATH, asked, peer, parts);
  }
  return seeOther(
    `${urlOf(issuer, FORGOTTEN_PASSWORD_PATH)}?${new URLSearchParams({ state: visit.sealed, sent: "" })}#top`,
  );
}

/** A person has few addresses, and an address few people. */
const MOST_PEOPLE = 5;

/** A link for each person with a password who has this address: it is linked to them, or the operator says that it is theirs. */
async function linksFor(
  mailbox: string,
  peer: Peer,
  { store, recorder, clock, issuer }: ForgottenPasswordParts,
): Promise<readonly { readonly username: string; readonly url: string }[]> {
  const identity = mailIdentity(mailbox);
  const linked = await store.findByIdentity(identity);
  const said = await store.findByAddress(mailbox, MOST_PEOPLE);
  const isLinkedOnly = linked && !said.some(({ person }) => person.id === linked.person.id);
  const people: readonly { readonly personId: string; readonly emails: readonly string[] | undefined }[] = [
    ...(isLinkedOnly ? [{ personId: linked.person.id, emails: undefined }] : []),
    ...said.map(({ person, emails }) => ({ personId: person.id, emails })),
  ];
  const links: { readonly username: string; readonly url: string }[] = [];
  for (const { personId, emails } of people.slice(0, MOST_PEOPLE)) {
    const user = (await store.listIdentities(personId)).find(({ method }) => method === USERS);
    if (!user) continue;
    const { url, link } = newLink({ purpose: "password", personId }, issuer, clock());
    const { entry } = recorder.prepare("person.invited", { person: personId, purpose: "password" }, peer);
    // Decided in its commit: the address may be another one's by now, and a person without a password gets none.
    const added = { link: { ...link, personId }, identity, emails };
    if (await store.addMailedPasswordLink(added, entry)) links.push({ username: user.label, url });
  }
  return links;
}

function askAgain(visit: Visit, said: Again, { look, issuer }: ForgottenPasswordParts): Response {
  const page = forgottenPasswordPage({
    look,
    action: urlOf(issuer, FORGOTTEN_PASSWORD_PATH),
    state: visit.sealed,
    typed: said.typed ?? "",
    problem: said.problem,
    signInUrl: loginUrl(visit.sealed, issuer),
  });
  return htmlResponse(page, look.styles, said.status, said.headers);
}

function sentResponse(visit: Visit, { look, issuer, mailer }: ForgottenPasswordParts): Response {
  const page = passwordMailSentPage({
    look,
    isPrinted: mailer.isPrinted,
    signInUrl: loginUrl(visit.sealed, issuer),
  });
  return htmlResponse(page, look.styles);
}
