import { OAuthError } from "../../../core/errors.ts";
import { readParams } from "../../../core/params.ts";
import { logRefusal } from "../../../http/boundary.ts";
import type { Peer } from "../../../http/peer.ts";
import { refusePrefetch } from "../../../http/prefetch.ts";
import { withCookies } from "../../../http/responses.ts";
import type { Route } from "../../../http/route.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Proof, Proved, SignInMethod, SignIns, Visit, Visits } from "../method.ts";
import { type BrokenOffParts, noSignIn, tryAgain } from "./broken-off.ts";
import { BrokenOff, type UpstreamProvider } from "./provider.ts";
import type { SignInTransactions } from "./sign-in-transactions.ts";

export type CallbackParts = BrokenOffParts & {
  readonly method: Pick<SignInMethod, "name" | "label" | "people">;
  readonly visits: Visits;
  readonly signIns: SignIns;
  readonly provider: Pick<UpstreamProvider, "prove">;
  readonly transactions: Pick<SignInTransactions, "take">;
  readonly redirectUri: string;
  readonly clock: Clock;
};

/** GET /oauth/callback/<name>: the provider's answer (OpenID Connect Core 1.0 §3.1.2.5). */
export function callbackRoute(path: `/${string}`, parts: CallbackParts): Route {
  return {
    name: "callback",
    paths: [path],
    methods: { GET: (request, peer) => callback(request, peer, parts) },
    refusals: "page",
  };
}

/** The sign-in of this browser first, then the visit that it is for: an answer that someone else began reaches nothing. */
async function callback(request: Request, peer: Peer, parts: CallbackParts): Promise<Response> {
  const { visits, transactions, method } = parts;
  const askedAt = parts.clock();
  refusePrefetch(request);
  const { search } = new URL(request.url);
  const params = readParams(search.slice(1), NONE);
  const [twice] = params.repeated;
  if (twice !== undefined) return noSignIn(`a parameter is repeated`, [], peer, parts);
  const { setCookies, ...taken } = await transactions.take(request, method.name, params.get("state"));
  if ("why" in taken) return noSignIn(taken.why, setCookies, peer, parts);
  const { transaction } = taken;
  const opened = await openVisit(request, transaction.visit, visits);
  if ("why" in opened) return noSignIn(opened.why, setCookies, peer, parts);
  const visit: Visit = { ...opened, wantsAnotherAccount: transaction.wantsAnotherAccount };
  const answer = { ...transaction, redirectUri: parts.redirectUri, visit, search, params };
  return withCookies(
    await finish({ visit, askedAt }, () => parts.provider.prove(answer), request, peer, parts),
    setCookies,
  );
}

const NONE: ReadonlySet<string> = new Set();

/** The visit that a sign-in began for, or why it is none of this browser. */
export async function openVisit(
  request: Request,
  sealed: string,
  visits: Visits,
): Promise<Visit | { readonly why: string }> {
  try {
    return await visits.open(request, sealed);
  } catch (error) {
    if (error instanceof OAuthError && error.status < 500) return { why: error.detail ?? error.message };
    throw error;
  }
}

async function finish(
  { visit, askedAt }: Pick<Proved, "visit" | "askedAt">,
  prove: () => Promise<Proof>,
  request: Request,
  peer: Peer,
  parts: CallbackParts,
): Promise<Response> {
  const { signIns, signInPage, method, log } = parts;
  try {
    return await signIns.complete({ method, visit, proof: await prove(), askedAt }, request, peer);
  } catch (error) {
    if (error instanceof BrokenOff) return tryAgain(visit, error, peer, parts);
    if (!(error instanceof OAuthError) || error.status < 500) throw error;
    // Ours does not answer. The provider's answer is used up, so loading this page again would not help.
    logRefusal(error, request, log, peer);
    return signInPage.again(method, visit, "server_down", peer.correlationId);
  }
}
