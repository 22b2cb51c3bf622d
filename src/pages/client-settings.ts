import { type Html, html } from "./html.ts";
import type { Look } from "./look.ts";

export type ClientSettings = { readonly client: string; readonly content: Html };

/** Paste-ready settings for the clients that people use most. */
export function clientSettings(mcpUrl: string, look: Look): readonly ClientSettings[] {
  const texts = look.texts.status;
  const name = slug(look.name);
  const url = shellWord(mcpUrl);
  return [
    {
      client: "Claude",
      content: html`<p>${texts.claude.where}</p>
${steps(texts.claude.steps)}
${snippet(mcpUrl)}`,
    },
    {
      client: "Claude Code",
      content: html`${snippet(`claude mcp add --transport http ${name} ${url}`)}
<p>${texts.claudeCode(html`<code>/mcp</code>`)}</p>`,
    },
    {
      client: "ChatGPT",
      content: html`${steps(texts.chatGpt.steps)}
${snippet(mcpUrl)}`,
    },
    {
      client: "VS Code",
      content: html`<p>${texts.inFile(html`<code>.vscode/mcp.json</code>`)}</p>
${snippet(json({ servers: { [name]: { type: "http", url: mcpUrl } } }))}
<p>${texts.inTerminal}</p>
${snippet(`code --add-mcp ${shellWord(JSON.stringify({ name, type: "http", url: mcpUrl }))}`)}`,
    },
    {
      client: "Cursor",
      content: html`<p>${texts.inEitherFile(html`<code>.cursor/mcp.json</code>`, html`<code>~/.cursor/mcp.json</code>`)}</p>
${snippet(json({ mcpServers: { [name]: { url: mcpUrl } } }))}`,
    },
    {
      client: "Codex",
      content: html`${snippet(`codex mcp add ${name} --url ${url}\ncodex mcp login ${name}`)}`,
    },
    {
      client: "Gemini CLI",
      content: html`${snippet(`gemini mcp add --transport http ${name} ${url}`)}
<p>${texts.gemini(html`<code>/mcp auth ${name}</code>`)}</p>`,
    },
    {
      client: "MCP Inspector",
      content: html`${snippet("npx @modelcontextprotocol/inspector")}
<p>${texts.inspector}</p>
${snippet(mcpUrl)}`,
    },
  ];
}

/** Links that open a client with this server filled in; the client asks before it adds it. */
export function installLinks(
  mcpUrl: string,
  { name: appName }: Pick<Look, "name">,
): readonly { readonly client: string; readonly url: string }[] {
  const name = slug(appName);
  const forCursor = new URLSearchParams({
    name,
    config: Buffer.from(JSON.stringify({ url: mcpUrl })).toString("base64"),
  });
  const forVsCode = encodeURIComponent(JSON.stringify({ name, type: "http", url: mcpUrl }));
  return [
    // https://cursor.com/docs/mcp/install-links
    { client: "Cursor", url: `cursor://anysphere.cursor-deeplink/mcp/install?${forCursor}` },
    // https://code.visualstudio.com/api/extension-guides/ai/mcp
    { client: "VS Code", url: `vscode:mcp/install?${forVsCode}` },
  ];
}

function steps(texts: readonly string[]): Html {
  return html`<ol>${texts.map((text) => html`<li>${text}</li>`)}</ol>`;
}

function snippet(text: string): Html {
  return html`<pre>${text}</pre>`;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** The application's name as clients accept it for a server's name. */
function slug(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return (
    plain
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 40) || "mcp"
  );
}

/** One word for a POSIX shell: a URL may hold `&`, `;` or a quote. */
function shellWord(text: string): string {
  return /^[\w.:/@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
