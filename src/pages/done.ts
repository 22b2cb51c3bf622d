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
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>Already connected</h1>
<p class="soft">${clientName(client, look, look.texts.client.yoursFirst)} is connected to ${nameOf(look.name)}. You can close this window.</p>
</div>`;
  return layout({ look, title: "Already connected", body });
}
