import type { Identity } from "../../core/identity.ts";
import { displayName } from "../../core/person.ts";
import { htmlResponse, pageStatus, retryAfter, withScripts } from "../../http/responses.ts";
import { urlOf } from "../../http/route.ts";
import type { AppsSectionValues } from "../../pages/account/app-values.ts";
import { actionForm } from "../../pages/account/form.ts";
import type { AccountNotice } from "../../pages/account/notices.ts";
import { accountPage } from "../../pages/account/page.ts";
import type { AccountIdentity, AccountSession, PartName } from "../../pages/account/values.ts";
import { browserInWords } from "../../pages/browser-in-words.ts";
import type { Look } from "../../pages/look.ts";
import type { IdentityRecord, SessionRecord } from "../../store/people-records.ts";
import type { Store } from "../../store/store.ts";
import type { CurrentSignIn } from "../people/browser-binding.ts";
import { ACCOUNT_PATH } from "../sign-in/account-path.ts";
import type { ProposedLink } from "../sign-in/goals.ts";
import type { NamedMethod } from "../sign-in/sign-in-page.ts";
import { type ConnectedAppsParts, connectedApps } from "./apps/connected-apps.ts";
import { APPS_PATH, TIMELINE_PATH } from "./apps/paths.ts";
import { identityId } from "./identity-id.ts";
import { ownEntriesSince } from "./own-entries.ts";
import type { PageTokens } from "./page-tokens.ts";
import { type Answered, listedHere, type NamedPart, noticeCalled, noticeOnTop, sectionsOf } from "./parts.ts";
import { isRecent } from "./recent.ts";
import { recentSignIns } from "./recent-sign-ins.ts";
import { isLinked, linkable, methodOf, wayInWithout, waysIn } from "./ways-in.ts";

export type AccountPageParts = ConnectedAppsParts & {
  readonly store: Pick<Store, "findPerson" | "listSessions" | "listIdentities" | "readAudit" | "listGrants">;
  readonly methods: readonly NamedMethod[];
  /** What they add to the page. */
  readonly parts: readonly NamedPart[];
  readonly pageTokens: Pick<PageTokens, "seal" | "urlFor" | "linkTo">;
  /** What the operator calls what a person chooses for an app. */
  readonly organizationsCalled: string;
  readonly issuer: string;
  readonly look: Look;
};

/** What the page says beside what there is. */
export type Said = {
  readonly notice?: AccountNotice | PartName | undefined;
  /** What the person is asked first, with the token that carries it. */
  readonly question?: { readonly proposed: ProposedLink; readonly pageToken: string } | undefined;
  /** What an action of a part came to. */
  readonly answered?: Answered | undefined;
};

const MOST_APPS = 10;
const MOST_SESSIONS = 10;

/** The page of the person who is signed in. Writes nothing. */
export async function showAccount(
  current: CurrentSignIn,
  { notice, question, answered }: Said,
  parts: AccountPageParts,
): Promise<Response> {
  const { store, methods, clock, issuer, look } = parts;
  const { id } = current.person;
  const now = clock();
  const record = await store.findPerson(id);
  const [apps, sessions, identities, signIns] = await Promise.all([
    appsOf(current, parts),
    store.listSessions(id, now),
    store.listIdentities(id),
    recentSignIns(id, ownEntriesSince(record), store),
  ]);
  const ways = await waysIn(identities, methods);
  const person = record?.person ?? current.person;
  const name = displayName(person);
  const labelOf = (methodName: string) =>
    methods.find(({ name }) => name === methodName)?.label ?? methodName;
  const canChange = isRecent(current, now);
  const form = { action: urlOf(issuer, ACCOUNT_PATH), pageToken: await parts.pageTokens.seal(current) };
  const { services, sections, scriptHashes } = await sectionsOf(
    parts.parts,
    {
      person,
      identities,
      session: current.signIn,
      canChange,
      wayInWithout: (identity) => wayInWithout(identity, ways),
    },
    (action, fields) => actionForm(form, action, fields),
    { answered, notice },
    look,
  );
  const error = answered?.answer.kind === "refused" ? answered.answer.error : undefined;
  const page = accountPage({
    look,
    ...form,
    notice: (services.length > 0 ? noticeOnTop : noticeCalled)(notice, parts.parts, look),
    question: question && {
      pageToken: question.pageToken,
      method: question.proposed.methodLabel,
      label: question.proposed.label,
      noUrl: await parts.pageTokens.urlFor(current, "not_linked"),
    },
    person: {
      id,
      name: name === id ? undefined : name,
      emails: record?.emails ?? [],
      groups: record?.groups ?? [],
    },
    canChange,
    apps,
    ...listed(sessions, current, labelOf, look),
    identities: listedHere(identities, parts.parts).map((identity) => shown(identity, ways, methods, look)),
    links: linkable(current.person, identities, methods).map(({ name, label, linkLabel = label }) => ({
      name,
      label: linkLabel,
    })),
    services,
    sections,
    hasProblem: error !== undefined,
    signIns: signIns.map(({ method, ...signIn }) => ({ ...signIn, method: method && labelOf(method) })),
  });
  const styles = withScripts(look.styles, scriptHashes);
  return error
    ? htmlResponse(page, styles, pageStatus(error), retryAfter(error))
    : htmlResponse(page, styles, answered?.answer.kind === "show" ? answered.answer.status : undefined);
}

async function appsOf(current: CurrentSignIn, parts: AccountPageParts): Promise<AppsSectionValues> {
  const { pageTokens, organizationsCalled } = parts;
  const { apps, next } = await connectedApps(current.person.id, { most: MOST_APPS }, parts);
  return {
    apps,
    organizationsCalled,
    allUrl: next && (await pageTokens.linkTo(current, APPS_PATH)),
    timelineUrl: await pageTokens.linkTo(current, TIMELINE_PATH),
  };
}

function listed(
  sessions: readonly SessionRecord[],
  { signIn }: CurrentSignIn,
  labelOf: (methodName: string) => string,
  look: Look,
): { readonly sessions: readonly AccountSession[]; readonly moreSessions: number } {
  const isThis = ({ hash }: SessionRecord) => hash === signIn;
  const ordered = [...sessions.filter(isThis), ...sessions.filter((session) => !isThis(session))];
  return {
    sessions: ordered.slice(0, MOST_SESSIONS).map((session) => ({
      id: session.hash,
      isThis: isThis(session),
      method: labelOf(session.method),
      browser: browserInWords(session.userAgent, look),
      address: session.address,
      createdAt: session.createdAt,
      usedAt: session.usedAt,
    })),
    moreSessions: Math.max(0, ordered.length - MOST_SESSIONS),
  };
}

function shown(
  identity: IdentityRecord,
  ways: readonly IdentityRecord[],
  methods: readonly NamedMethod[],
  look: Look,
): AccountIdentity {
  const { label, createdAt, usedAt } = identity;
  return {
    id: identityId(identity),
    label,
    method: nameOf(identity, methodOf(identity, methods), look),
    createdAt,
    usedAt,
    removal: removalOf(identity, ways, methods),
  };
}

function removalOf(
  identity: IdentityRecord,
  ways: readonly IdentityRecord[],
  methods: readonly NamedMethod[],
): AccountIdentity["removal"] {
  if (methodOf(identity, methods) && !ways.includes(identity)) return "not_set_up";
  if (!wayInWithout(identity, ways)) return "last_way_in";
  return isLinked(identity, methods) ? "possible" : "by_operator";
}

function nameOf({ issuer, method }: Identity, known: NamedMethod | undefined, { texts }: Look): string {
  // The label is for a sentence: "your password".
  if (known?.panel.kind === "password") return texts.account.identities.password;
  // One without a method is of one that this server had.
  return known?.label ?? (issuer || method);
}
