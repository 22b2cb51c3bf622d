import { type Html, html } from "../html.ts";
import type { Look } from "../look.ts";
import { CAUTION_ID } from "./caution.ts";

/** The button for an app on another computer, on a page with a caution. It approves as well, and says so. Smaller, because few people need it. */
export function elsewhere({ texts }: Look): Html {
  const { button, whatItDoes } = texts.consent.elsewhere;
  return html`<div class="elsewhere">
<button type="submit" class="plain" name="decision" value="approve_elsewhere" aria-describedby="elsewhere ${CAUTION_ID}">${button}</button>
<p class="soft small" id="elsewhere">${whatItDoes}</p>
</div>`;
}
