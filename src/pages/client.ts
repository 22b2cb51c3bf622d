import { type ClientIdentity, documentHost } from "../core/client.ts";
import { type Html, html, nameOf } from "./html.ts";

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
