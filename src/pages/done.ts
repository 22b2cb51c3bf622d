import { html, nameOf } from "./html.ts";
import { CHECK_ICON } from "./icons.ts";
import { layout } from "./layout.ts";

export type DoneValues = {
  readonly appName: string;
  readonly clientName: string | null;
};

/** For an Approve that is clicked again after the app has connected: good news, not an error. */
export function alreadyApprovedPage({ appName, clientName }: DoneValues): string {
  const client = nameOf(clientName, "Your app");
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>Already connected</h1>
<p class="soft">${client} is connected to ${nameOf(appName)}. There is nothing left to do here; you can close this window.</p>
</div>`;
  return layout({ appName, title: "Already connected", body });
}
