import { connectRedirectUriOf } from "../../../core/upstream-urls.ts";
import type { About, Transaction, Transactions } from "../../code-flow/transactions.ts";
import type { Next } from "../../interaction/interactions.ts";
import type { CurrentSignIn } from "../../people/browser-binding.ts";
import type { AskedOfService } from "../service.ts";
import type { OpenUpstream } from "../vault.ts";

/** What a connection carries while the person is at the service. `method` is the name of the upstream. */
export type OfConnection = About & {
  readonly personId: string;
  /** The hash of the session that began it. */
  readonly session: string;
};

export type ConnectionTransaction = Transaction<OfConnection>;
export type ConnectionTransactions = Transactions<OfConnection>;

/** Cookies and a key of its own: nothing that a sign-in carries is taken for a connection, or the other way round. */
export const CONNECTIONS = { label: "upstream-connection", cookies: "gatehouse-connect-" } as const;

/** An upstream to which people connect an account. */
export type OAuthService = Extract<OpenUpstream, { readonly service: unknown }>;

export function oauthService(open: OpenUpstream | undefined): OAuthService | undefined {
  return open?.service ? open : undefined;
}

/**
 * Leads to the service. Writes nothing: the connection travels in a cookie.
 * @throws UpstreamFailure where it can't be told now where that is
 */
export async function beginConnection(
  request: Request,
  { person, signIn }: CurrentSignIn,
  { name, service }: OAuthService,
  parts: { readonly transactions: Pick<ConnectionTransactions, "begin">; readonly issuer: string },
): Promise<Next> {
  const of = { method: name, personId: person.id, session: signIn };
  const begun = await parts.transactions.begin(request, of);
  if (!begun) throw new Error("the cookie of a connection would be larger than browsers keep");
  const { transaction, setCookies } = begun;
  return { location: await service.authorizationUrl(askedOf(transaction, parts.issuer)), setCookies };
}

export function askedOf(
  { method, state, codeVerifier }: Pick<ConnectionTransaction, "method" | "state" | "codeVerifier">,
  issuer: string,
): AskedOfService {
  return { state, codeVerifier, redirectUri: connectRedirectUriOf(issuer, method) };
}
