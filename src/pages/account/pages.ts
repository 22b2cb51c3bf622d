import { type Html, html } from "../html.ts";
import type { Look } from "../look.ts";

/** The way from one page of a long list to the others. */
export type PageLinks = {
  readonly accountUrl: string;
  /** Undefined on the first page. */
  readonly newestUrl: string | undefined;
  /** Undefined on the last one. */
  readonly olderUrl: string | undefined;
};

export function pageLinks({ accountUrl, newestUrl, olderUrl }: PageLinks, { texts }: Look): Html {
  const { apps } = texts.account;
  const link = (url: string | undefined, text: string) =>
    url === undefined ? undefined : html`<a class="button plain" href="${url}">${text}</a>`;
  return html`<nav class="side-by-side">
${link(newestUrl, apps.newest)}
${link(olderUrl, apps.older)}
${link(accountUrl, texts.common.backToAccount)}
</nav>`;
}
