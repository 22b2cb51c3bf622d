import { type Html, html } from "./html.ts";

export type ClientSettings = { readonly client: string; readonly content: Html };

/** Paste-ready settings for the clients that people use most. */
export function clientSettings(appName: string, mcpUrl: string): readonly ClientSettings[] {
  const name = slug(appName);
  const url = shellWord(mcpUrl);
  return [
    {
      client: "Claude",
      content: html`<p>On claude.ai, in Claude Desktop and on mobile:</p>
<ol><li>Open Settings, then Connectors, and choose “Add custom connector”.</li><li>Paste the URL and add it. Leave the advanced settings empty.</li><li>Choose “Connect” and sign in.</li></ol>
${snippet(mcpUrl)}`,
    },
    {
      client: "Claude Code",
      content: html`${snippet(`claude mcp add --transport http ${name} ${url}`)}
<p>Then type <code>/mcp</code> in Claude Code and choose to authenticate.</p>`,
    },
    {
      client: "ChatGPT",
      content: html`<ol><li>Open Settings, then Apps (or “Apps &amp; Connectors”), and turn on developer mode under Advanced settings.</li><li>Create an app: paste the URL and choose OAuth.</li><li>Connect it and sign in.</li></ol>
${snippet(mcpUrl)}`,
    },
    {
      client: "VS Code",
      content: html`<p>In <code>.vscode/mcp.json</code>:</p>
${snippet(json({ servers: { [name]: { type: "http", url: mcpUrl } } }))}
<p>Or in a terminal:</p>
${snippet(`code --add-mcp ${shellWord(JSON.stringify({ name, type: "http", url: mcpUrl }))}`)}`,
    },
    {
      client: "Cursor",
      content: html`<p>In <code>.cursor/mcp.json</code> (this project) or <code>~/.cursor/mcp.json</code> (all projects):</p>
${snippet(json({ mcpServers: { [name]: { url: mcpUrl } } }))}`,
    },
    {
      client: "Codex",
      content: html`${snippet(`codex mcp add ${name} --url ${url}\ncodex mcp login ${name}`)}`,
    },
    {
      client: "Gemini CLI",
      content: html`${snippet(`gemini mcp add --transport http ${name} ${url}`)}
<p>Then type <code>/mcp auth ${name}</code> in Gemini CLI.</p>`,
    },
    {
      client: "MCP Inspector",
      content: html`${snippet("npx @modelcontextprotocol/inspector")}
<p>Choose the transport “Streamable HTTP”, paste the URL and connect.</p>
${snippet(mcpUrl)}`,
    },
  ];
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
