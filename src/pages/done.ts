import type { ClientIdentity } from "../core/client.ts";
import { clientName } from "./client.ts";
import { html, nameOf } from "./html.ts";
import { CHECK_ICON } from "./icons.ts";
import { layout } from "./layout.ts";

export type DoneValues = {
  readonly appName: string;
  readonly client: ClientIdentity;
};

/** For an Approve that is clicked again after the app has connected: good news, not an error. */
export function alreadyApprovedPage({ appName, client }: DoneValues): string {
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>Already connected</h1>
<p class="soft">${clientName(client, "Your app")} is connected to ${nameOf(appName)}. You can close this window.</p>
</div>`;
  return layout({ appName, title: "Already connected", body });
}
