import { type ClientIdentity, documentHost } from "../core/client.ts";
import { type Html, html, nameOf } from "./html.ts";
import type { Look } from "./look.ts";

/** What waits for the sign-in, on each of its pages. A client whose approvals are remembered may get a grant with no further page. */
export function waitingClient(client: ClientIdentity, look: Look): Html {
  const { wantsToConnect, nothingBeforeSignIn, nothingBeforeApproval } = look.texts.client;
  const name = html`<strong>${clientName(client, look)}</strong>`;
  return html`${wantsToConnect(name)} ${client.remembersConsent ? nothingBeforeSignIn : nothingBeforeApproval}`;
}

/**
 * A client as a sentence names it. Beside the name that it gave itself stands the host that serves its document, in
 * letters that no name can have. The host is whole, and in ASCII (`xn--…`): a name that is cut or drawn like another
 * would deceive.
 */
export function clientName(
  client: ClientIdentity,
  { texts }: Look,
  otherwise = texts.client.withoutName,
): Html {
  const host = documentHost(client);
  const name = nameOf(client.name, otherwise);
  return host === undefined ? name : texts.client.fromHost(name, html`<code class="host">${host}</code>`);
}
