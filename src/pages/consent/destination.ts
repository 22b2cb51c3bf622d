import type { RedirectKind } from "../../core/redirect-uri.ts";
import { type Html, html } from "../html.ts";
import type { Look } from "../look.ts";

export type Destination = {
  /** Where the answer goes, from `destination()` of core/redirect-uri.ts. */
  readonly kind: RedirectKind;
  readonly shown: string;
  /** Whether that is neither the host of the client's document nor on a list, from core/way-back.ts. */
  readonly isForeign: boolean;
};

/** What a person can judge comes first and large: the host, "this computer", or the whole scheme. */
export function destinationFacts({ kind, shown }: Destination, { texts }: Look): Html {
  const address = html`<bdi>${shown}</bdi>`;
  if (kind === "loopback") {
    return html`<p class="place">${texts.consent.appOnThisComputer}</p><p class="soft small">${address}</p>`;
  }
  const place = html`<p class="place">${address}</p>`;
  if (kind !== "private-use") return place;
  return html`${place}<p class="soft small">${texts.consent.appOnThisDevice}</p>`;
}
