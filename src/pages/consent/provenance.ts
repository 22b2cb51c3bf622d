import { type ClientIdentity, documentHost } from "../../core/client.ts";
import { type Html, html, nameOf } from "../html.ts";
import type { Look } from "../look.ts";

/** Who vouches for the app. Three facts that are never one: only the operator's word proves a name. */
export function provenance(client: ClientIdentity, look: Look): Html {
  const texts = look.texts.consent;
  if (client.origin === "preregistered") {
    const key = client.holdsKey ? html` ${texts.hasKey}` : undefined;
    return html`${texts.addedByOperator(nameOf(look.name))}${key}`;
  }
  const host = documentHost(client);
  const said =
    host === undefined
      ? texts.registeredItself
      : texts.publishedBy(html`<strong class="host">${host}</strong>`);
  return html`${said}${client.holdsKey ? html` ${texts.hasKeyThatProvesNoName}` : undefined}`;
}
