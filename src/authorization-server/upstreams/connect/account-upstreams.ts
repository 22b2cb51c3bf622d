import { OAuthError } from "../../../core/errors.ts";
import type { UnauditedEvent } from "../../../core/events.ts";
import {
  type AccountUpstream,
  accountUpstreamsSection,
  UPSTREAMS_ANCHOR,
} from "../../../pages/account/upstreams.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { Log } from "../../../platform/logging.ts";
import type { UpstreamCredentialSummary } from "../../../store/upstream-store.ts";
import type { AccountPart, AskedOfPart, AtAccount, PartAnswer } from "../../sign-in/account-part.ts";
import { UpstreamFailure } from "../service.ts";
import type { OpenUpstream, UpstreamVault } from "../vault.ts";
import {
  type AccountUpstreamAction,
  NOTHING_THERE,
  noticeOf,
  noticesOf,
  REMOVED,
  refusedAt,
  type ShownProblem,
} from "./account-answers.ts";
import { ANSWER, type WaitingAnswers } from "./answers.ts";
import { beginConnection, type ConnectionTransactions, oauthService } from "./connection.ts";
import { type FinishParts, failureFor, finishConnection, recordNotConnected } from "./finish.ts";
import { shownService } from "./shown-service.ts";
import { storeKey } from "./store-key.ts";

export type AccountUpstreamsParts = FinishParts & {
  readonly vault: Pick<UpstreamVault, "upstreams" | "find" | "list" | "keepTokens" | "keepKey" | "remove">;
  readonly transactions: Pick<ConnectionTransactions, "begin">;
  readonly answers: Pick<WaitingAnswers, "open">;
  readonly issuer: string;
  readonly log: Log<UnauditedEvent>;
  readonly look: Look;
};

/** The section in which a person connects services, stores keys, and ends both. */
export function accountUpstreams(parts: AccountUpstreamsParts): AccountPart {
  const actions: Readonly<Record<AccountUpstreamAction, (asked: AskedOfPart) => Promise<PartAnswer>>> = {
    connect: (asked) => connect(asked, parts),
    finish: (asked) => finish(asked, parts),
    disconnect: (asked) => disconnect(asked, parts),
    store_key: (asked) => storeKey(asked, parts),
  };
  return {
    anchor: UPSTREAMS_ANCHOR,
    section: (at) => section(at, parts),
    actions,
    notices: noticesOf(parts.vault.upstreams, parts.look.texts),
  };
}

async function section(
  { person, canChange, notice, problem, shown, form }: AtAccount,
  parts: AccountUpstreamsParts,
) {
  const { vault, look } = parts;
  const kept = await vault.list(person.id);
  const upstreams = [
    ...vault.upstreams.map((open) => shownOf(open, kept)),
    ...kept.filter(({ upstream }) => !vault.find(upstream)).map(goneOf),
  ];
  if (upstreams.length === 0) return undefined;
  return accountUpstreamsSection({
    look,
    upstreams,
    canChange,
    notice,
    problem: problem && { message: problem.message, upstream: (shown as ShownProblem | undefined)?.upstream },
    form,
  });
}

function shownOf(open: OpenUpstream, kept: readonly UpstreamCredentialSummary[]): AccountUpstream {
  const credential = kept.find(({ upstream }) => upstream === open.name);
  return { ...shownService(open), credential: credential && summaryOf(credential) };
}

/** One that the operator took out of the options: its person can still end what is kept. */
function goneOf(credential: UpstreamCredentialSummary): AccountUpstream {
  const { upstream: name } = credential;
  return { name, label: name, kind: "gone", credential: summaryOf(credential) };
}

function summaryOf(credential: UpstreamCredentialSummary): AccountUpstream["credential"] {
  const { kind, account, scopes, createdAt, usedAt, deadAt } = credential;
  return { kind, account, scopes, createdAt, usedAt, isDead: deadAt !== null };
}

async function connect(asked: AskedOfPart, parts: AccountUpstreamsParts): Promise<PartAnswer> {
  const { request, current, form, peer } = asked;
  const { vault, log } = parts;
  const service = oauthService(vault.find(form.get("upstream") ?? ""));
  if (!service) return refusedAt(undefined, notConnectable(), asked, log);
  try {
    return { kind: "leave", next: await beginConnection(request, current, service, parts) };
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    const { name, upstream } = service;
    recordNotConnected({ person: current.person.id, upstream: name, reason: error.message }, peer, log);
    return { kind: "refused", error: failureFor(error, upstream.label), shown: { upstream: name } };
  }
}

/** The click after the service answered, where only that connects it. */
async function finish(asked: AskedOfPart, parts: AccountUpstreamsParts): Promise<PartAnswer> {
  const { current, form, peer } = asked;
  const { vault, answers, log } = parts;
  const service = oauthService(vault.find(form.get("upstream") ?? ""));
  const answer = service && (await answers.open(form.get(ANSWER), service.name, current));
  if (!answer) return refusedAt(undefined, notConnectable(), asked, log);
  const finished = await finishConnection(current, service, answer, peer, parts);
  return finished instanceof OAuthError
    ? { kind: "refused", error: finished, shown: { upstream: service.name } satisfies ShownProblem }
    : { kind: "done", notice: noticeOf(finished, service.name) };
}

function notConnectable(): OAuthError {
  return new PageError("invalid_request", ({ account }) => account.upstreams.notConnectable);
}

async function disconnect(
  { current, form, peer }: AskedOfPart,
  { vault }: AccountUpstreamsParts,
): Promise<PartAnswer> {
  const { id: personId } = current.person;
  const name = form.get("upstream") ?? "";
  const before = (await vault.list(personId)).find(({ upstream }) => upstream === name);
  const isRemoved = await vault.remove({ personId, name, session: current.signIn }, peer);
  if (!vault.find(name)) return { kind: "done", notice: isRemoved ? REMOVED : NOTHING_THERE };
  if (!isRemoved) return { kind: "done", notice: noticeOf("not_there", name) };
  return { kind: "done", notice: noticeOf(before?.kind === "key" ? "key_removed" : "disconnected", name) };
}
