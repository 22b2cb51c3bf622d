import { clientSettings } from "./client-settings.ts";
import { type Html, html, nameOf } from "./html.ts";
import { layout } from "./layout.ts";
import type { Look } from "./look.ts";

export type StatusValues = {
  readonly look: Look;
  /** The URL that people give to their client, byte for byte. */
  readonly mcpUrl: string;
};

/** The page at the server's root, for the person who opens it in a browser: what this is and how to connect. */
export function statusPage({ look, mcpUrl }: StatusValues): string {
  const body = html`<h1>${nameOf(look.name)} is running</h1>
<p class="soft">This is an MCP server. Give its URL to your AI assistant or editor, then sign in and approve it in your browser.</p>
<div>
<label for="mcp-url">MCP server URL</label>
<input type="url" id="mcp-url" value="${mcpUrl}" readonly>
</div>
${isThisComputer(mcpUrl) ? LOCAL_ONLY : undefined}
<section aria-labelledby="connect">
<h2 id="connect">Connect your client</h2>
<p class="soft small">You need no client ID, secret or token. Click a snippet to select it.</p>
</section>
<div>
${clientSettings(look.name, mcpUrl).map(settingsItem)}
</div>`;
  return layout({ look, title: "MCP server", body, wide: true });
}

const LOCAL_ONLY = html`<div class="notice"><div><p>This URL works on this computer only. claude.ai, ChatGPT and other hosted clients need a public <code>https://</code> URL.</p></div></div>`;

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
