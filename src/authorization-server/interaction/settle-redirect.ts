import type { Client } from "../../core/client.ts";
import type { RedirectList } from "../../core/redirect-list.ts";
import { type TrustedRedirect, trustRedirect } from "../../core/trusted-redirect.ts";
import { refuseOwnHost } from "../clients/own-host.ts";

/**
 * Settles where the answer of a request goes. At the beginning, and again at the decision: the client may have changed
 * since (CVE-2025-4143: checked in one place only).
 * @throws OAuthError where people may not be sent there
 */
export type SettleRedirect = (client: Client, redirectUri: string | undefined) => TrustedRedirect;

export function createSettleRedirect({
  redirectHosts,
  issuer,
}: {
  /** Where clients that the operator did not register may send people; undefined for anywhere. */
  readonly redirectHosts: RedirectList | undefined;
  readonly issuer: string;
}): SettleRedirect {
  return (client, redirectUri) => {
    const redirect = trustRedirect(client, redirectUri, redirectHosts);
    refuseOwnHost({ origin: client.origin, redirectUris: [redirect.uri] }, issuer);
    return redirect;
  };
}
