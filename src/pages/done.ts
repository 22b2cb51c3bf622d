import type { ClientIdentity } from "../core/client.ts";
import { clientName } from "./client.ts";
import { html, nameOf } from "./html.ts";
import { CHECK_ICON } from "./icons.ts";
import { layout } from "./layout.ts";
import type { Look } from "./look.ts";

export type DoneValues = {
  readonly look: Look;
  readonly client: ClientIdentity;
};

/** For an Approve that is clicked again after the app has connected: good news, not an error. */
export function alreadyApprovedPage({ look, client }: DoneValues): string {
  const { title, isConnected } = look.texts.done;
  const name = clientName(client, look, look.texts.client.yoursFirst);
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>${title}</h1>
<p class="soft">${isConnected(name, nameOf(look.name))}</p>
</div>`;
  return layout({ look, title, body });
}
