import type { ClientIdentity } from "../core/client.ts";
import { destination } from "../core/redirect-uri.ts";
import { clientName } from "./client.ts";
import { type Html, html, nameOf } from "./html.ts";
import { ALARM_ICON, CAUTION_ICON, CHECK_ICON, CROSS_ICON } from "./icons.ts";
import { layout } from "./layout.ts";
import type { Look } from "./look.ts";

export type ReturnValues = {
  readonly look: Look;
  readonly client: ClientIdentity;
  /** The client's address, on the web or of an app, with the answer in its query. */
  readonly url: string;
  readonly outcome: Outcome;
  /** Whether the page goes there without a click. Only where core/way-back.ts says so. */
  readonly opensItself: boolean;
};

/** What the person decided, or what is wrong with what the client asked for. */
export type Outcome = "approved" | "denied" | { readonly error: string; readonly correlationId: string };

/**
 * Leads back to the client where a redirect would not do. A scheme like `cursor://` leaves the person looking at the page
 * they came from, or does nothing at all; and to an address that nobody vouches for, people go by a click and after they
 * have read where it leads (RFC 9700 §4.11.2).
 * @throws OAuthError `invalid_redirect_uri` for an address that could run script here.
 */
export function returnPage({ look, client, url, outcome, opensItself }: ReturnValues): string {
  const { title, icon, mark, said } = tell(outcome, client, look);
  const { link, notice } = leadOn(url, look);
  const { common, return: texts } = look.texts;
  const body = html`<div class="centred">
<span class="mark ${mark}">${icon}</span>
<h1>${title}</h1>
<p class="soft">${said}${opensItself ? html` ${texts.letItOpen}` : undefined}</p>
</div>
${opensItself ? "" : html`<div class="notice caution">${CAUTION_ICON}<div>${notice}</div></div>`}
<p class="settled"><a class="button${outcome === "approved" ? "" : " plain"}" href="${url}">${link}</a></p>
${typeof outcome === "string" ? "" : html`<p class="soft small centred">${common.referenceId(html`<code class="whole">${outcome.correlationId}</code>`)}</p>`}`;
  const head = opensItself ? html`<meta http-equiv="refresh" content="0;url=${url}">` : undefined;
  return layout({ look, title, body, ...(head && { head }) });
}

type Telling = {
  readonly title: string;
  readonly icon: Html;
  readonly mark: string;
  readonly said: Html | string;
};

function tell(outcome: Outcome, client: ClientIdentity, look: Look): Telling {
  const texts = look.texts.return;
  const name = clientName(client, look, look.texts.client.yours);
  switch (outcome) {
    case "approved":
      return { title: texts.approved, icon: CHECK_ICON, mark: "good", said: texts.youApproved(name) };
    case "denied":
      return {
        title: texts.denied,
        icon: CROSS_ICON,
        mark: "theirs",
        said: texts.youDenied(name),
      };
    default:
      return { title: look.texts.error.cannotContinue, icon: ALARM_ICON, mark: "alarm", said: outcome.error };
  }
}

/** The words of the link, and what to know before it is followed. */
function leadOn(url: string, look: Look): { readonly link: string; readonly notice: Html } {
  // Only a TrustedRedirect comes here; but a `javascript:` address in `href` would be script, so it is asked once more.
  const { kind, shown } = destination(url);
  const texts = look.texts.return;
  if (kind === "private-use") {
    const { protocol } = new URL(url);
    return {
      link: texts.openApp,
      notice: html`<p>${texts.opensApp(html`<code>${protocol}</code>`)}</p>`,
    };
  }
  return {
    link: texts.continueToWebsite,
    notice: html`<p>${texts.opensWebsite}</p>
<p class="place"><bdi>${shown}</bdi></p>
<p>${texts.unknownWebsite(nameOf(look.name))}</p>`,
  };
}
