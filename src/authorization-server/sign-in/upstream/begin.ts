import type { Peer } from "../../../http/peer.ts";
import { seeOther } from "../../../http/responses.ts";
import type { Route } from "../../../http/route.ts";
import type { Visits } from "../method.ts";
import { type BrokenOffParts, tryAgain } from "./broken-off.ts";
import { BrokenOff, type UpstreamProvider } from "./provider.ts";
import type { SignInTransactions } from "./sign-in-transactions.ts";

export type BeginParts = BrokenOffParts & {
  readonly visits: Visits;
  readonly provider: Pick<UpstreamProvider, "authorizationUrl">;
  readonly transactions: Pick<SignInTransactions, "begin">;
  readonly redirectUri: string;
};

/** GET /oauth/sign-in/<name>: leads to the provider. Writes nothing: the sign-in travels in a cookie. */
export function beginRoute(path: `/${string}`, parts: BeginParts): Route {
  return {
    name: "sign_in",
    paths: [path],
    methods: { GET: (request, peer) => begin(request, peer, parts) },
    refusals: "page",
  };
}

async function begin(request: Request, peer: Peer, parts: BeginParts): Promise<Response> {
  const { visits, method, provider, transactions, redirectUri } = parts;
  const visit = await visits.open(request, new URL(request.url).searchParams.get("state") ?? undefined);
  try {
    const { sealed, wantsAnotherAccount = false } = visit;
    const begun = await transactions.begin(request, {
      method: method.name,
      visit: sealed,
      wantsAnotherAccount,
    });
    if (!begun) throw new BrokenOff("too_large", "the cookie would be larger than browsers keep");
    const { transaction, setCookies } = begun;
    return seeOther(await provider.authorizationUrl({ ...transaction, redirectUri, visit }), setCookies);
  } catch (error) {
    if (error instanceof BrokenOff) return tryAgain(visit, error, peer, parts);
    throw error;
  }
}
