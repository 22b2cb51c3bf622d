import type { Identity } from "../../core/identity.ts";
import type { Params } from "../../core/params.ts";
import { displayName } from "../../core/person.ts";
import type { Peer } from "../../http/peer.ts";
import { seeOther } from "../../http/responses.ts";
import { urlOf } from "../../http/route.ts";
import type { AccountNotice } from "../../pages/account/notices.ts";
import type { AccountActionName, PartName } from "../../pages/account/values.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Store } from "../../store/store.ts";
import type { AccountSessions } from "../people/account-sessions.ts";
import type { CurrentSignIn } from "../people/browser-binding.ts";
import type { Recorder } from "../recorder.ts";
import { ACCOUNT_PATH } from "../sign-in/account-path.ts";
import { loginUrl } from "../sign-in/login-path.ts";
import { type AccountPageParts, showAccount } from "./account-page.ts";
import { type AccountVisits, OPEN_AGAIN, visitOf } from "./account-visits.ts";
import { type EndAppsParts, endAllApps, endApp } from "./apps/end-apps.ts";
import { APPS_PATH } from "./apps/paths.ts";
import { type ConfirmLinkParts, confirmLink } from "./confirm-link.ts";
import { identityId } from "./identity-id.ts";
import type { PageToken, PageTokens } from "./page-tokens.ts";
import { listedHere, type NamedPart, type PartAction, partActionCalled, partName } from "./parts.ts";
import { isLinked, linkable, methodOf, wayInWithout, waysIn } from "./ways-in.ts";

export type ActionParts = AccountPageParts &
  ConfirmLinkParts &
  EndAppsParts & {
    readonly store: Pick<
      Store,
      | "endSession"
      | "endOtherSessions"
      | "signOutPerson"
      | "removeIdentity"
      | "listGrants"
      | "revokePersonsGrants"
    >;
    readonly sessions: Pick<AccountSessions, "forget">;
    readonly visits: Pick<AccountVisits, "begin">;
    readonly pageTokens: PageTokens;
    readonly recorder: Recorder;
    /** Told of each grant that ends. */
    readonly onGrantRevoked: (grantId: string) => void;
  };

/** What a person asks for, after its origin, session and token are checked. */
export type Asked = {
  readonly request: Request;
  readonly form: Params;
  readonly current: CurrentSignIn;
  /** What the form's own token carries. */
  readonly token: PageToken;
  readonly peer: Peer;
};

export type AccountAction = {
  /** Whether it needs a sign-in of the last five minutes. */
  readonly needsRecentSignIn: boolean;
  run(asked: Asked, parts: ActionParts): Promise<Response>;
};

/** What the page's buttons do. */
const ACTIONS: Readonly<Record<AccountActionName, AccountAction>> = {
  sign_out: { needsRecentSignIn: false, run: signOutHere },
  sign_in_again: { needsRecentSignIn: false, run: signInAgain },
  end_session: { needsRecentSignIn: true, run: endSession },
  sign_out_elsewhere: { needsRecentSignIn: true, run: signOutElsewhere },
  sign_out_everywhere: { needsRecentSignIn: true, run: signOutEverywhere },
  end_app: { needsRecentSignIn: true, run: saying(endApp) },
  end_all_apps: { needsRecentSignIn: true, run: saying(endAllApps) },
  link: { needsRecentSignIn: true, run: link },
  confirm_link: { needsRecentSignIn: true, run: confirmLink },
  unlink: { needsRecentSignIn: true, run: unlink },
};

/** @throws OAuthError for a name that neither the page nor a part of it has */
export function actionCalled(name: string | undefined, parts: readonly NamedPart[]): AccountAction {
  if (name !== undefined && isActionName(name)) return ACTIONS[name];
  const action = partActionCalled(name, parts);
  if (action) return { needsRecentSignIn: true, run: (asked, all) => runPart(action, asked, all) };
  throw new PageError("invalid_request", ({ account }) => account.problems.noAction, { advises: OPEN_AGAIN });
}

function isActionName(name: string): name is AccountActionName {
  return Object.hasOwn(ACTIONS, name);
}

/** Leads to a sign-in of the same person, and back. Nothing of what was asked for is kept: the person clicks it again. */
export async function signInAgain({ request, current }: Asked, parts: ActionParts): Promise<Response> {
  const { visits, clock } = parts;
  const purpose = { kind: "confirm", ...begunBy(current), signInAfter: clock() } as const;
  const { sealed, setCookies } = await visits.begin(request, purpose);
  return seeOther(loginUrl(sealed, parts.issuer), setCookies);
}

function begunBy({ person, signIn }: CurrentSignIn) {
  return { personId: person.id, personName: displayName(person), session: signIn };
}

/** To the page that the form was on. */
async function back(
  notice: AccountNotice | PartName,
  { form, current }: Asked,
  { pageTokens }: ActionParts,
  anchor?: string,
): Promise<Response> {
  const path = form.get("view") === "apps" ? APPS_PATH : ACCOUNT_PATH;
  return seeOther(await pageTokens.urlFor(current, notice, { path, anchor }));
}

/** For an action that ends with what the page says of it. */
function saying(act: (asked: Asked, parts: ActionParts) => Promise<AccountNotice>): AccountAction["run"] {
  return async (asked, parts) => back(await act(asked, parts), asked, parts);
}

async function signOutHere({ current, peer }: Asked, parts: ActionParts): Promise<Response> {
  const { store, recorder } = parts;
  const { entry, log } = recorder.prepare("session.ended", { person: current.person.id }, peer);
  if (await store.endSession(current.person.id, current.signIn, entry)) log();
  return signedOut(parts);
}

function signedOut({ sessions, issuer }: ActionParts): Response {
  return seeOther(`${urlOf(issuer, ACCOUNT_PATH)}?signed_out#top`, [sessions.forget()]);
}

async function endSession(asked: Asked, parts: ActionParts): Promise<Response> {
  const { form, current, peer } = asked;
  const { store, recorder } = parts;
  const session = form.get("session") ?? "";
  if (session === current.signIn) return signOutHere(asked, parts);
  const { entry, log } = recorder.prepare("session.ended", { person: current.person.id }, peer);
  // By person and session: one of somebody else is answered like one that is not there.
  if (!(await store.endSession(current.person.id, session, entry))) {
    return back("session_not_there", asked, parts);
  }
  log();
  return back("session_ended", asked, parts);
}

async function signOutElsewhere(asked: Asked, parts: ActionParts): Promise<Response> {
  const { current, peer } = asked;
  const { store, recorder, clock } = parts;
  const { entry, log } = recorder.prepare("session.ended", { person: current.person.id }, peer);
  if (await store.endOtherSessions(current.person.id, current.signIn, clock(), entry)) log();
  return back("signed_out_elsewhere", asked, parts);
}

async function signOutEverywhere({ current, peer }: Asked, parts: ActionParts): Promise<Response> {
  const { store, recorder, clock, onGrantRevoked } = parts;
  const { id } = current.person;
  const now = clock();
  const grants = await store.listGrants({ personId: id, liveAt: now });
  const { entry, log } = recorder.prepare("person.signed_out", { person: id }, peer);
  if (await store.signOutPerson(id, now, entry)) log();
  // This process hears of it at once, the others with the change.
  for (const grant of grants) onGrantRevoked(grant.id);
  return signedOut(parts);
}

async function link(asked: Asked, parts: ActionParts): Promise<Response> {
  const { request, form, current } = asked;
  const { store, visits, methods, pageTokens } = parts;
  const identities = await store.listIdentities(current.person.id);
  const method = linkable(current.person, identities, methods).find(
    ({ name }) => name === form.get("method"),
  );
  if (!method) {
    throw new PageError("invalid_request", ({ account }) => account.problems.notLinkable, {
      advises: OPEN_AGAIN,
    });
  }
  const purpose = { kind: "link", ...begunBy(current), method: method.name } as const;
  const { sealed, setCookies } = await visits.begin(request, purpose);
  const accountUrl = await pageTokens.urlFor(current);
  const visit = visitOf(purpose, sealed, accountUrl);
  return seeOther(
    method.panel.kind === "button" ? method.panel.url(visit) : loginUrl(sealed, parts.issuer),
    setCookies,
  );
}

/** What is removed at once elsewhere may be the way in that was to stay. */
const UNLINK_TRIES = 3;

async function unlink(asked: Asked, parts: ActionParts): Promise<Response> {
  const { form, current, peer } = asked;
  const { store, recorder, methods, onPersonChanged } = parts;
  const { id } = current.person;
  for (let tried = 0; tried < UNLINK_TRIES; tried++) {
    const identities = await store.listIdentities(id);
    // What a part lists, it removes with what belongs to it.
    const identity = listedHere(identities, parts.parts).find(
      (one) => identityId(one) === form.get("identity"),
    );
    if (!identity) return back("identity_not_there", asked, parts);
    const keeping = wayInWithout(identity, await waysIn(identities, methods));
    if (!keeping) return back("last_identity", asked, parts);
    if (!isLinked(identity, methods)) {
      throw new PageError("invalid_request", ({ account }) => account.problems.onlyOperatorRemoves, {
        advises: OPEN_AGAIN,
      });
    }
    const method = methodOf(identity, methods)?.name ?? identity.method;
    const { entry, log } = recorder.prepare("identity.unlinked", { person: id, method }, peer);
    if (await store.removeIdentity(id, identity, keeping, entry)) {
      log();
      onPersonChanged(id);
      return back("identity_removed", asked, parts);
    }
  }
  throw new PageError("temporarily_unavailable", ({ account }) => account.problems.changedMeanwhile, {
    detail: "the identities changed during each try",
    advises: OPEN_AGAIN,
  });
}

/** Runs an action of a part, and says what came of it. */
async function runPart({ of, action, run }: PartAction, asked: Asked, parts: ActionParts): Promise<Response> {
  const { request, form, current, peer } = asked;
  const { store, methods } = parts;
  const identities = await store.listIdentities(current.person.id);
  const ways = await waysIn(identities, methods);
  const without = (identity: Identity) => wayInWithout(identity, ways);
  const answer = await run({ request, form, current, peer, identities, wayInWithout: without });
  switch (answer.kind) {
    case "done":
      return back(partName(of, answer.notice), asked, parts, of.part.anchor);
    case "leave":
      return seeOther(answer.next.location, answer.next.setCookies);
    default:
      return showAccount(current, { answered: { of, action, answer } }, parts);
  }
}
