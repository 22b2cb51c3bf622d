import type { Client } from "./client.ts";
import { OAuthError, quoted } from "./errors.ts";
import { type RedirectList, refuseOtherHosts } from "./redirect-list.ts";
import { isSameRedirect, redirectKind } from "./redirect-uri.ts";

declare const trusted: unique symbol;

/** A redirect URI that its client registered and that this server allows. Only {@link trustRedirect} makes one. */
export type TrustedRedirect = { readonly uri: string; readonly [trusted]: true };

/**
 * Settles where a client's answer goes. Exact string comparison, except that the port of a loopback address is free
 * (RFC 8252 §7.3; localhost too, because that is what clients in the field use).
 * @param requested the `redirect_uri` parameter; may be missing where exactly one is registered.
 * @param allowed where the operator lets clients send people that register themselves; undefined for anywhere.
 * @throws OAuthError `invalid_request` or `invalid_redirect_uri`; until this has succeeded nothing may be redirected
 * anywhere.
 */
export function trustRedirect(
  client: Pick<Client, "redirectUris" | "origin">,
  requested: string | undefined,
  allowed: RedirectList | undefined,
): TrustedRedirect {
  const uri = registeredRedirect(client, requested);
  // Checked again where it is used: what was registered may be older than a rule.
  redirectKind(uri);
  if (client.origin !== "preregistered") refuseOtherHosts(uri, allowed);
  return { uri } as TrustedRedirect;
}

/** The same address with parameters added to its query. */
export function withParams(
  to: TrustedRedirect,
  params: Readonly<Record<string, string | undefined>>,
): string {
  const added = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) added.set(name, value);
  // By hand: URL would rewrite the registered part (a missing slash, an upper-case host), and clients compare.
  return `${to.uri}${to.uri.includes("?") ? "&" : "?"}${added}`;
}

function registeredRedirect(
  { redirectUris }: Pick<Client, "redirectUris">,
  requested: string | undefined,
): string {
  if (requested === undefined) {
    const [only, ...others] = redirectUris;
    if (only !== undefined && others.length === 0) return only;
    throw new OAuthError(
      "invalid_request",
      "The parameter redirect_uri is missing. Name one of the addresses that the client registered.",
    );
  }
  if (!redirectUris.some((registered) => isSameRedirect(registered, requested))) {
    throw new OAuthError(
      "invalid_request",
      `The redirect_uri ${quoted(requested)} is not one that this client registered.`,
      { detail: `redirect_uri ${quoted(requested)}; registered: ${redirectUris.map(quoted).join(", ")}` },
    );
  }
  return requested;
}
