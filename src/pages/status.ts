import { clientSettings, installLinks } from "./client-settings.ts";
import { type Html, html, nameOf } from "./html.ts";
import { layout } from "./layout.ts";
import type { Look } from "./look.ts";

export type StatusValues = {
  readonly look: Look;
  /** The URL that people give to their client, byte for byte. */
  readonly mcpUrl: string;
  /** Where clients use without a sign-in what is public; undefined where nothing is, or not at a URL of its own. */
  readonly publicUrl: string | undefined;
  /** Where people see their account; undefined where this server has none. */
  readonly account: StatusAccount | undefined;
};

export type StatusAccount = {
  readonly url: string;
  /** Who is signed in in this browser; undefined where no one is, or where the cookie is no proof of it. */
  readonly personName: string | undefined;
};

/** The page at the server's root, for the person who opens it in a browser: what this is and how to connect. */
export function statusPage({ look, mcpUrl, publicUrl, account }: StatusValues): string {
  const texts = look.texts.status;
  const body = html`<h1>${texts.heading(nameOf(look.name))}</h1>
<p class="soft">${texts.whatItIs}</p>
${account ? accountLine(account, look) : undefined}
<div>
<label for="mcp-url">${texts.url}</label>
<input type="url" id="mcp-url" value="${mcpUrl}" readonly>
${publicUrl === undefined ? undefined : html`<p class="soft small">${texts.withoutSignIn(html`<code>${publicUrl}</code>`)}</p>`}
</div>
${isThisComputer(mcpUrl) ? html`<div class="notice"><div><p>${texts.thisComputerOnly(html`<code>https://</code>`)}</p></div></div>` : undefined}
<section aria-labelledby="connect">
<h2 id="connect">${texts.connect}</h2>
<p class="soft small">${texts.nothingNeeded}</p>
<div class="side-by-side">
${installLinks(mcpUrl, look).map(({ client, url }) => html`<a class="button plain" href="${url}">${texts.installIn(client)}</a>`)}
</div>
</section>
<div>
${clientSettings(mcpUrl, look).map(settingsItem)}
</div>`;
  return layout({ look, title: texts.title, body, wide: true });
}

function accountLine({ url, personName }: StatusAccount, { texts }: Look): Html {
  const { signedInAs, yourAccount } = texts.status;
  const who =
    personName === undefined ? undefined : html`${signedInAs(html`<strong>${nameOf(personName)}</strong>`)} `;
  return html`<p class="soft small">${who}<a href="${url}">${yourAccount}</a></p>`;
}

function settingsItem({ client, content }: { readonly client: string; readonly content: Html }): Html {
  return html`<details>
<summary>${client}</summary>
<div>
${content}
</div>
</details>
`;
}

function isThisComputer(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
