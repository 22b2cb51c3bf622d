import type { Identity } from "../../core/identity.ts";
import { displayName } from "../../core/person.ts";
import { htmlResponse, PAGE_STYLES } from "../../http/responses.ts";
import { urlOf } from "../../http/route.ts";
import { accountPage } from "../../pages/account.ts";
import type { AccountNotice } from "../../pages/account-notices.ts";
import type { AccountIdentity, AccountSession } from "../../pages/account-values.ts";
import { browserInWords } from "../../pages/browser-in-words.ts";
import type { Clock } from "../../platform/clock.ts";
import type { IdentityRecord, SessionRecord } from "../../store/people-store.ts";
import type { Store } from "../../store/store.ts";
import type { CurrentSignIn } from "../people/browser-binding.ts";
import { ACCOUNT_PATH } from "../sign-in/account-path.ts";
import type { ProposedLink } from "../sign-in/goals.ts";
import type { NamedMethod } from "../sign-in/sign-in-page.ts";
import { identityId } from "./identity-id.ts";
import type { PageTokens } from "./page-tokens.ts";
import { isRecent } from "./recent.ts";
import { recentSignIns } from "./recent-sign-ins.ts";
import { isLinked, linkable, methodOf, passwordOf, wayInWithout } from "./ways-in.ts";

export type AccountPageParts = {
  readonly store: Pick<Store, "findPerson" | "listSessions" | "listIdentities" | "readAudit">;
  readonly methods: readonly NamedMethod[];
  readonly pageTokens: Pick<PageTokens, "seal" | "urlFor">;
  readonly clock: Clock;
  readonly issuer: string;
  readonly appName: string;
};

/** What the page says beside what there is. */
export type Said = {
  readonly notice?: AccountNotice | undefined;
  /** What the person is asked first, with the token that carries it. */
  readonly question?: { readonly proposed: ProposedLink; readonly pageToken: string } | undefined;
  /** Why a password was not changed. */
  readonly passwordProblem?: string | undefined;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
};

const MOST_SESSIONS = 50;

/** The page of the person who is signed in. Writes nothing. */
export async function showAccount(
  current: CurrentSignIn,
  { notice, question, passwordProblem, status, headers }: Said,
  parts: AccountPageParts,
): Promise<Response> {
  const { store, methods, clock, issuer, appName } = parts;
  const { id } = current.person;
  const now = clock();
  const [record, sessions, identities, signIns] = await Promise.all([
    store.findPerson(id),
    store.listSessions(id, now),
    store.listIdentities(id),
    recentSignIns(id, store),
  ]);
  const password = passwordOf(identities, methods);
  const person = record?.person ?? current.person;
  const name = displayName(person);
  const labelOf = (methodName: string) =>
    methods.find(({ name }) => name === methodName)?.label ?? methodName;
  const page = accountPage({
    appName,
    action: urlOf(issuer, ACCOUNT_PATH),
    pageToken: await parts.pageTokens.seal(current),
    notice,
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
    canChange: isRecent(current, now),
    ...listed(sessions, current, labelOf),
    identities: identities.map((identity) => shown(identity, identities, methods)),
    links: linkable(identities, methods),
    password: password && { username: password.identity.label, problem: passwordProblem },
    signIns: signIns.map(({ method, ...signIn }) => ({ ...signIn, method: method && labelOf(method) })),
  });
  return htmlResponse(page, PAGE_STYLES, status, headers);
}

function listed(
  sessions: readonly SessionRecord[],
  { signIn }: CurrentSignIn,
  labelOf: (methodName: string) => string,
): { readonly sessions: readonly AccountSession[]; readonly moreSessions: number } {
  const isThis = ({ hash }: SessionRecord) => hash === signIn;
  const ordered = [...sessions.filter(isThis), ...sessions.filter((session) => !isThis(session))];
  return {
    sessions: ordered.slice(0, MOST_SESSIONS).map((session) => ({
      id: session.hash,
      isThis: isThis(session),
      method: labelOf(session.method),
      browser: browserInWords(session.userAgent),
      address: session.address,
      createdAt: session.createdAt,
      usedAt: session.usedAt,
    })),
    moreSessions: Math.max(0, ordered.length - MOST_SESSIONS),
  };
}

function shown(
  identity: IdentityRecord,
  identities: readonly IdentityRecord[],
  methods: readonly NamedMethod[],
): AccountIdentity {
  const { label, createdAt, usedAt } = identity;
  return {
    id: identityId(identity),
    label,
    method: nameOf(identity, methodOf(identity, methods)),
    createdAt,
    usedAt,
    removal: removalOf(identity, identities, methods),
  };
}

function removalOf(
  identity: IdentityRecord,
  identities: readonly IdentityRecord[],
  methods: readonly NamedMethod[],
): AccountIdentity["removal"] {
  if (!wayInWithout(identity, identities, methods)) return "last_way_in";
  return isLinked(identity, methods) ? "possible" : "by_operator";
}

function nameOf({ issuer, method }: Identity, known: NamedMethod | undefined): string {
  // The label is for a sentence: "your password".
  if (known?.panel.kind === "password") return "Password";
  // One without a method is of one that this server had.
  return known?.label ?? (issuer || method);
}
