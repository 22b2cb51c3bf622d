import { type Client, documentHost } from "./client.ts";
import { isListed, type RedirectList } from "./redirect-list.ts";
import { isReverseDomain } from "./redirect-schemes.ts";
import { redirectKind } from "./redirect-uri.ts";
import type { TrustedRedirect } from "./trusted-redirect.ts";

declare const direct: unique symbol;

/** A redirect URI that a person may be sent to without a click. Only {@link wayBack} makes one. */
export type DirectRedirect = TrustedRedirect & { readonly [direct]: true };

/** What there is to tell the client. */
export type Occasion = "approved" | "denied" | "error";

/** How a person gets back to the client: at once, or by a page with a link, which may open by itself. */
export type WayBack =
  | { readonly by: "redirect"; readonly to: DirectRedirect }
  | { readonly by: "page"; readonly opensItself: boolean };

/**
 * How the answer to an authorization request gets back. Anybody can register an address and send out links to
 * `/authorize`, so an error or a denial is redirected only to addresses that somebody vouches for: the operator, this
 * computer, or a list (RFC 9700 §4.11.2). Approving is a click on a page that names the address.
 *
 * | to                       | approved             | denied, error |
 * |---|---|---|
 * | loopback                 | redirect             | redirect      |
 * | https, vouched for       | redirect             | redirect      |
 * | https, any other         | redirect             | page          |
 * | app, vouched for         | page, opens itself   | page          |
 * | app, reverse domain name | page, opens itself   | page          |
 * | app, any other           | page                 | page          |
 *
 * @param trusted the built-in list and the operator's.
 */
export function wayBack(
  client: Pick<Client, "origin">,
  to: TrustedRedirect,
  occasion: Occasion,
  trusted: RedirectList,
): WayBack {
  const kind = redirectKind(to.uri);
  const isApproved = occasion === "approved";
  const isVouchedFor = client.origin === "preregistered" || isListed(trusted, to.uri);
  if (kind === "private-use") {
    const scheme = new URL(to.uri).protocol.slice(0, -1);
    return { by: "page", opensItself: isApproved && (isVouchedFor || isReverseDomain(scheme)) };
  }
  return kind === "loopback" || isVouchedFor || isApproved
    ? { by: "redirect", to: to as DirectRedirect }
    : { by: "page", opensItself: false };
}

/**
 * Whether a client that its metadata document describes sends people to a place that neither the document's host nor a
 * list vouches for. Its own host, and what is below it, is the document's; this computer is nobody's.
 */
export function isForeignRedirect(
  client: Pick<Client, "id" | "origin">,
  uri: string,
  trusted: RedirectList,
): boolean {
  const own = documentHost(client);
  if (own === undefined || redirectKind(uri) === "loopback") return false;
  return !isListed(new Set([own, `*.${own}`]), uri) && !isListed(trusted, uri);
}
