// Compiled with `npm run types`: what does not compile here must not compile.
import { ResourceTemplate } from "@modelcontextprotocol/server";
import { z } from "zod";
import { createOAuthServer, type PublicToolContext, type ToolContext } from "../src/index.ts";
import type { CurrentMessage } from "../src/mcp/requests/current-message.ts";
import type { AnyExchange, Exchange } from "../src/mcp/requests/exchange.ts";
import type { McpSessions } from "../src/mcp/sessions/sessions.ts";

const server = createOAuthServer("types", () => null, { database: ":memory:" });
const text = (said: string) => ({ content: [{ type: "text" as const, text: said }] });
const open = { public: true } as const;

// Who calls something public is not known before it is checked.
server.registerTool("a", open, ({ auth }) => text(auth?.person.id ?? "anyone"));
server.registerTool("b", { public: true, inputSchema: z.object({ n: z.number() }) }, ({ n }, { auth }) =>
  text(auth === null ? String(n) : auth.person.id),
);
// @ts-expect-error
server.registerTool("c", open, ({ person }) => text(person.id));
// @ts-expect-error
server.registerTool("d", open, ({ auth }) => text(auth.person.id));
// @ts-expect-error
server.registerTool("e", { public: true, inputSchema: z.object({}) }, (_, { client }) => text(client.id));
// @ts-expect-error
server.registerPrompt("f", open, ({ person }) => ({ messages: [], description: person.id }));
// @ts-expect-error
server.registerResource("g", "app://g", open, (uri, { person }) => ({
  contents: [{ uri: uri.href, text: person.id }],
}));
server.registerResource(
  "h",
  new ResourceTemplate("h://{id}", { list: undefined }),
  open,
  // @ts-expect-error
  (uri, _variables, { scopes }) => ({ contents: [{ uri: uri.href, text: scopes.join() }] }),
);
// A handler that was written for a person is none for anyone.
const forPeople = ({ person }: ToolContext) => text(person.id);
const forAnyone = ({ auth }: PublicToolContext) => text(auth?.person.id ?? "");
// @ts-expect-error
server.registerTool("i", open, forPeople);
server.registerTool("j", open, forAnyone);
server.registerTool("k", {}, forAnyone);
// Where it is not known whether it is public, it may be.
declare const perhaps: boolean;
// @ts-expect-error
server.registerTool("l", { public: perhaps }, ({ person }) => text(person.id));
server.registerTool("m", { public: perhaps }, ({ auth }) => text(auth?.person.id ?? ""));

// Everyone else still knows who calls.
server.registerTool("n", {}, ({ person, auth }) => text(person.id + auth.issuer));
server.registerTool("o", { public: false, scopes: ["mcp"] }, ({ person }) => text(person.id));
// What is public needs nothing.
// @ts-expect-error
server.registerTool("p", { public: true, scopes: ["mcp"] }, () => text(""));
// @ts-expect-error
server.registerTool("q", { public: "yes" }, () => text(""));

// Inside: what needs a person takes no request without one.
declare const sessions: McpSessions;
declare const guarded: Exchange;
declare const withoutToken: Exchange<null>;
declare const either: AnyExchange;
declare const message: CurrentMessage;
void sessions.open(guarded, message);
// @ts-expect-error
void sessions.open(withoutToken, message);
// @ts-expect-error
void sessions.open(either, message);
// @ts-expect-error
void either.auth.person;
