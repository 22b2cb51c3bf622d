import type { UnauditedEvent } from "../../../core/events.ts";
import type { Params } from "../../../core/params.ts";
import { logRefusal } from "../../../http/boundary.ts";
import { readForm } from "../../../http/form.ts";
import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, withScripts } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { requireSameOrigin } from "../../../http/same-origin.ts";
import { errorPage } from "../../../pages/error.ts";
import { invitationPage, passwordSetPage } from "../../../pages/invitation.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError, sentenceOf } from "../../../pages/page-error.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import { randomId } from "../../../platform/random.ts";
import type { NewPasskey } from "../../../store/credential.ts";
import type { OneTimeLink } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import type { Recorder } from "../../recorder.ts";
import { ACCOUNT_PATH } from "../account-path.ts";
import type { InvitationChoice, Invited } from "../invitation-choice.ts";
import type { NamedMethod } from "../method.ts";
import { type HashingQueue, hashingQueue } from "./hashing-queue.ts";
import { INVITATION_PATH, tokenHash } from "./one-time-links.ts";
import { passwordHashOf } from "./password-hashing.ts";
import { passwordProblem } from "./password-rules.ts";
import { readUsername, USERS, usersIdentity } from "./usernames.ts";

export type InvitationParts = {
  readonly store: Pick<
    Store,
    "findLink" | "listIdentities" | "findByIdentity" | "usePasswordLink" | "usePasskeyLink" | "useInvitation"
  >;
  readonly recorder: Pick<Recorder, "prepare">;
  readonly clock: Clock;
  readonly log: Log<UnauditedEvent>;
  readonly issuer: string;
  readonly look: Look;
  readonly methods: () => readonly NamedMethod[];
  /** The process's own, unless a test has one. */
  readonly queue?: HashingQueue;
};

/** GET /oauth/invitation: the form behind a one-time link, which it does not use up. POST: sets the password. */
export function invitationRoute(parts: InvitationParts): Route {
  return {
    name: "invitation",
    paths: [INVITATION_PATH],
    methods: {
      GET: (request, peer) => showInvitation(request, peer, parts),
      POST: (request, peer) => acceptInvitation(request, peer, parts),
    },
    refusals: "page",
  };
}

async function showInvitation(request: Request, peer: Peer, parts: InvitationParts): Promise<Response> {
  const token = new URL(request.url).searchParams.get("token") ?? "";
  const open = await openLink(token, request, parts);
  return open ? formResponse(open, {}, parts) : endedResponse(request, peer, parts);
}

async function acceptInvitation(request: Request, peer: Peer, parts: InvitationParts): Promise<Response> {
  requireSameOrigin(request, parts.issuer);
  const form = await readForm(request);
  // Before anything that costs: without the token, a post is one read.
  const open = await openLink(form.get("token") ?? "", request, parts);
  if (!open) return endedResponse(request, peer, parts);
  const chosen = await readChoice(form, open, parts);
  if ("problem" in chosen) return formResponse(open, chosen, parts);
  const isUsed = await useLink(open, chosen, peer, parts);
  if (!isUsed) {
    // Another post was first, with this link or with this name.
    const again = await openLink(open.token, request, parts);
    return again
      ? formResponse(again, taken(chosen.username, parts.look), parts)
      : endedResponse(request, peer, parts);
  }
  const { username } = chosen;
  const page = passwordSetPage({
    look: parts.look,
    username,
    isReset: isReset(open),
    hasPasskey: "passkey" in chosen,
    accountUrl: urlOf(parts.issuer, ACCOUNT_PATH),
  });
  return htmlResponse(page, parts.look.styles);
}

/** A link that can be used, and whose it is; undefined username where the person chooses one. */
type OpenLink = {
  readonly token: string;
  readonly link: OneTimeLink;
  readonly username: string | undefined;
  readonly userAgent: string | undefined;
};

type Choice = { readonly username: string; readonly displayName: string } & (
  | { readonly password: string }
  | { readonly passkey: NewPasskey }
);
type Refused = { readonly problem?: string; readonly typedUsername?: string };

async function openLink(
  token: string,
  request: Request,
  { store, clock }: InvitationParts,
): Promise<OpenLink | undefined> {
  const userAgent = request.headers.get("user-agent") ?? undefined;
  const link = await store.findLink(tokenHash(token), clock());
  if (!link) return undefined;
  if (link.personId === null) return { token, link, username: undefined, userAgent };
  const identities = await store.listIdentities(link.personId);
  const username = identities.find(({ method }) => method === USERS)?.subject;
  return username === undefined ? undefined : { token, link, username, userAgent };
}

/** The person had a password before, and may be signed in where others are. */
function isReset({ link }: OpenLink): boolean {
  return link.purpose === "password";
}

/** What stands in for a password: for one who has had none. */
function choicesFor(
  open: OpenLink,
  { methods }: Pick<InvitationParts, "methods">,
): readonly InvitationChoice[] {
  return isReset(open) ? [] : methods().flatMap(({ invitation }) => invitation ?? []);
}

function invited({ link, username, userAgent }: OpenLink): Invited {
  return { link: link.hash, username, userAgent };
}

async function readChoice(
  form: Params,
  open: OpenLink,
  parts: InvitationParts,
): Promise<Choice | (Refused & { readonly problem: string })> {
  const { username: known } = open;
  const { store, look } = parts;
  const typedUsername = form.get("username") ?? "";
  const username = known === undefined ? readUsername(typedUsername, look.texts) : { name: known };
  if ("problem" in username) return { problem: username.problem, typedUsername };
  const chosen = { username: username.name, displayName: typedUsername.trim() };
  const isTaken =
    known === undefined && (await store.findByIdentity(usersIdentity(username.name))) !== undefined;
  const choice = choicesFor(open, parts).find(({ field }) => form.get(field));
  if (choice) {
    const passkey = isTaken ? taken(typedUsername, look) : await choice.accept(form, invited(open));
    return "problem" in passkey ? { problem: passkey.problem, typedUsername } : { ...chosen, passkey };
  }
  const password = form.get("password") ?? "";
  if (password !== (form.get("again") ?? "")) {
    return { problem: look.texts.invitation.passwordsDiffer, typedUsername };
  }
  const problem = await passwordProblem(password, [username.name, look.name], look.texts);
  if (problem !== undefined) return { problem, typedUsername };
  return isTaken ? taken(typedUsername, look) : { ...chosen, password };
}

function taken(typedUsername: string, { texts }: Look): Refused & { readonly problem: string } {
  return { problem: texts.username.taken, typedUsername };
}

/** Uses the link up, in one conditional commit. False where it was used, has ended, or the name is taken. */
async function useLink(
  { link }: OpenLink,
  choice: Choice,
  peer: Peer,
  { store, recorder, clock, queue = hashingQueue }: InvitationParts,
): Promise<boolean> {
  const { username, displayName } = choice;
  const passkey = "passkey" in choice ? choice.passkey : undefined;
  const secret = "password" in choice ? await queue.run(() => passwordHashOf(choice.password)) : undefined;
  const { hash, personId } = link;
  const now = clock();
  if (personId === null) {
    const person = { id: randomId(), name: displayName };
    const identity = usersIdentity(username);
    const added = recorder.prepare("person.added", { person: person.id }, peer);
    const invitee = { person, emails: [], groups: [], identity, label: username, now };
    return store.useInvitation({ hash, person: { ...invitee, passwordHash: secret, passkey } }, added.entry);
  }
  if (passkey) {
    const added = recorder.prepare("credential.added", { person: personId, kind: "passkey" }, peer);
    return store.usePasskeyLink({ hash, personId, passkey, now }, added.entry);
  }
  const credential = {
    personId,
    kind: "password",
    id: "",
    secret: secret ?? "",
    createdAt: now,
    counter: null,
    usedAt: null,
  } as const;
  const changed = recorder.prepare("credential.changed", { person: personId, kind: "password" }, peer);
  return store.usePasswordLink({ hash, credential, now }, changed.entry);
}

function formResponse(open: OpenLink, refused: Refused, parts: InvitationParts): Response {
  const { issuer, look } = parts;
  const choices = choicesFor(open, parts);
  const page = invitationPage({
    look,
    action: urlOf(issuer, INVITATION_PATH),
    token: open.token,
    username: open.username,
    typedUsername: refused.typedUsername,
    isReset: isReset(open),
    choices: choices.map(({ html }) => html(invited(open))),
    errorMessage: refused.problem,
  });
  const scripts = choices.flatMap(({ scriptHashes = [] }) => scriptHashes);
  return htmlResponse(page, withScripts(look.styles, scripts), refused.problem === undefined ? 200 : 400);
}

/** One page for a link that was used, has ended, or never was: it does not tell which. */
function endedResponse(request: Request, peer: Peer, { look, log, methods }: InvitationParts): Response {
  const refusal = new PageError("invalid_request", ({ error }) => error.linkEnded);
  logRefusal(refusal, request, log, peer);
  const { whenEnded, whenEndedWithMail } = look.texts.invitation;
  const canReset = methods().some(({ passwordReset }) => passwordReset !== undefined);
  const page = errorPage({
    look,
    title: look.texts.error.linkCannotBeUsed,
    whatHappened: sentenceOf(refusal, look),
    whatToDo: canReset ? whenEndedWithMail : whenEnded,
    correlationId: peer.correlationId,
    status: STATUS,
  });
  return htmlResponse(page, look.styles, STATUS);
}

/** Gone (RFC 9110 §15.5.11). */
const STATUS = 410;
