import { type ClientIdentity, documentHost } from "../core/client.ts";
import { type Html, html, nameOf } from "./html.ts";

/** What waits for the sign-in, on each of its pages. A client whose approvals are remembered may get a grant with no further page. */
export function waitingClient(client: ClientIdentity): Html {
  return html`<strong>${clientName(client)}</strong> wants to connect. ${
    client.remembersConsent
      ? "Nothing is shared before you sign in. If you approved it before, you are not asked again."
      : "Nothing is shared until you approve."
  }`;
}

/**
 * A client as a sentence names it. Beside the name that it gave itself stands the host that serves its document, in
 * letters that no name can have. The host is whole, and in ASCII (`xn--…`): a name that is cut or drawn like another
 * would deceive.
 */
export function clientName(client: ClientIdentity, otherwise = "An app without a name"): Html {
  const host = documentHost(client);
  const name = nameOf(client.name, otherwise);
  return host === undefined ? name : html`${name} from <code class="host">${host}</code>`;
}
