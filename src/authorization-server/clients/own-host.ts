import type { ClientOrigin } from "../../core/client.ts";
import { isLoopbackHost } from "../../core/hosts.ts";
import { unusableRedirect } from "../../core/redirect-uri.ts";

/**
 * Refuses redirect URIs on this server's own host under another port or scheme. Cookies know no ports, so what listens
 * there is sent those of this server, and only the operator can know that it may be. On a loopback host every client is
 * such a neighbour: there, cookies are worth nothing by themselves.
 * @throws OAuthError `invalid_redirect_uri`, naming the first one.
 */
export function refuseOwnHost(
  client: { readonly origin: ClientOrigin; readonly redirectUris: readonly string[] },
  issuer: string,
): void {
  const own = new URL(issuer);
  if (client.origin === "preregistered" || isLoopbackHost(own.hostname)) return;
  const uri = client.redirectUris.find((redirectUri) => isNeighbour(new URL(redirectUri), own));
  if (uri === undefined) return;
  throw unusableRedirect(
    uri,
    "it is on this server's own host, under another port or scheme; use another host, or ask the operator to register " +
      "the client",
  );
}

/** Only https: has to be looked at, as http:// is for loopback hosts alone. */
function isNeighbour(url: URL, own: URL): boolean {
  return url.protocol === "https:" && absolute(url) === absolute(own) && url.origin !== own.origin;
}

/** A name with and without the dot at its end is one host. */
function absolute({ hostname }: URL): string {
  return hostname.replace(/\.$/, "");
}
