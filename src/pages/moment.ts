import { type Html, html } from "./html.ts";
import type { Look } from "./look.ts";

/** A time in words, with what programs read of it. @param at epoch milliseconds */
export function moment(at: number, { texts }: Pick<Look, "texts">): Html {
  const date = new Date(at);
  return html`<time datetime="${date.toISOString()}">${texts.common.time(date)}</time>`;
}
