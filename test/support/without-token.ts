import { completable, ResourceTemplate } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Auth } from "../../src/core/auth.ts";
import type { Registrar } from "../../src/mcp/tools/registrar.ts";
import { RESOURCE } from "./client.ts";
import { INITIALIZE, type JsonRpc, messagesOf } from "./mcp-endpoint.ts";
import type { TestServer } from "./server.ts";

export type Message = { readonly method: string; readonly params?: Readonly<Record<string, unknown>> };
export type Era = "2025" | "2026";
export const ERAS: readonly Era[] = ["2025", "2026"];
export const PUBLIC = `${RESOURCE}/public`;

export type Asking = {
  readonly to?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `clientInfo.name`, which clients of 2026 say in each message. */
  readonly client?: string;
};

/** Sends a message as a client of an era does: without a token, unless there is one. */
export function ask(
  server: Pick<TestServer, "fetch">,
  era: Era,
  { method, params }: Message,
  { client = "test", headers, ...asking }: Asking = {},
): Promise<Response> {
  if (era === "2025") {
    return post(server, { jsonrpc: "2.0", id: 1, method, ...(params && { params }) }, { ...asking, headers });
  }
  const name = params?.name ?? params?.uri;
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: client, version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return post(
    server,
    { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } },
    {
      ...asking,
      headers: {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
        ...(typeof name === "string" && { "mcp-name": name }),
        ...headers,
      },
    },
  );
}

/** Posts anything: a message, a batch, or a text that may be no JSON. */
export function post(
  server: Pick<TestServer, "fetch">,
  body: unknown,
  {
    to = RESOURCE,
    token,
    headers,
  }: Omit<Asking, "client" | "headers"> & { readonly headers?: Asking["headers"] | undefined } = {},
): Promise<Response> {
  return server.fetch(
    new Request(to, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
    { address: "203.0.113.9" },
  );
}

/** A handshake of 2025 by a client that calls itself so. */
export function handshake(name: string) {
  return { ...INITIALIZE, params: { ...INITIALIZE.params, clientInfo: { name, version: "1" } } };
}

export const call = (name: string, given: Readonly<Record<string, unknown>> = {}): Message => ({
  method: "tools/call",
  params: { name, arguments: given },
});
export const read = (uri: string): Message => ({ method: "resources/read", params: { uri } });
export const prompt = (name: string): Message => ({
  method: "prompts/get",
  params: { name, arguments: { city: "a" } },
});
export const complete = (ref: object, name: string): Message => ({
  method: "completion/complete",
  params: { ref, argument: { name, value: "" } },
});

/** The answer to a single message. */
export async function answerOf(response: Response | Promise<Response>): Promise<JsonRpc> {
  const answer = (await messagesOf(await response)).at(-1);
  if (!answer) throw new Error("There is no answer.");
  return answer;
}

/** The challenges in the result of a tool. */
export function challengesIn({ result }: JsonRpc): unknown {
  return (result?._meta as Readonly<Record<string, unknown>> | undefined)?.["mcp/www_authenticate"];
}

/** The names in a list, in its order. */
export async function listed(
  server: Pick<TestServer, "fetch">,
  era: Era,
  list: "tools" | "prompts" | "resources" | "resourceTemplates",
  asking: Asking = {},
): Promise<readonly string[]> {
  const method = list === "resourceTemplates" ? "resources/templates/list" : `${list}/list`;
  const { result } = await answerOf(ask(server, era, { method }, asking));
  const found = result?.[list] as readonly { readonly name: string }[] | undefined;
  if (!found) throw new Error(`There is no list of ${list}.`);
  return found.map(({ name }) => name);
}

/** One of each that anyone may use, and one of each that needs a sign-in. Everything that runs is noted. */
export function registerBoth(registrar: Registrar) {
  const ran: string[] = [];
  const callers: (Auth | null)[] = [];
  const note = <Value>(name: string, value: Value): Value => {
    ran.push(name);
    return value;
  };
  const text = (said: string) => ({ content: [{ type: "text" as const, text: said }] });
  const contents = (uri: URL, said: string) => ({ contents: [{ uri: uri.href, text: said }] });
  const checked = (name: string) =>
    z.object({
      text: z
        .string()
        .refine(() => note(`${name} validated`, true))
        .optional(),
    });

  registrar.registerTool(
    "search",
    { public: true, description: "Anyone may.", inputSchema: checked("search") },
    (_given, { auth }) => {
      callers.push(auth);
      return note("search", text("found"));
    },
  );
  registrar.registerTool(
    "secret",
    { description: "A person may.", inputSchema: checked("secret"), scopes: ["todo:write"] },
    ({ text: said = "" }, { person }) => note("secret", text(`${person.id} ${said}`)),
  );
  for (const name of ["guide", "plan"]) {
    const argsSchema = z.object({ city: completable(z.string(), () => note(`${name} completed`, ["Pisa"])) });
    const answer = () => note(name, { messages: [] });
    if (name === "guide") registrar.registerPrompt(name, { public: true, argsSchema }, answer);
    else registrar.registerPrompt(name, { argsSchema }, answer);
  }
  registrar.registerResource("terms", "app://terms", { public: true }, (uri) =>
    note("terms", contents(uri, "Terms")),
  );
  registrar.registerResource("diary", "app://diary", {}, (uri) => note("diary", contents(uri, "Dear diary")));
  // Which something public matches, too.
  registrar.registerResource("draft", "doc://draft", {}, (uri) => note("draft", contents(uri, "Draft")));
  for (const name of ["doc", "note"]) {
    const template = new ResourceTemplate(`${name}://{id}`, {
      list: () => note(`${name} listed`, { resources: [{ uri: `${name}://1`, name: `${name} 1` }] }),
      complete: { id: () => note(`${name} completed`, ["1"]) },
    });
    const answer = (uri: URL) => note(name, contents(uri, name));
    if (name === "doc") registrar.registerResource(name, template, { public: true }, answer);
    else registrar.registerResource(name, template, { scopes: ["todo:write"] }, answer);
  }
  return { ran, callers };
}

/** Messages that reach something public, and what runs then. */
export const OPEN: readonly (readonly [string, Message])[] = [
  ["search", call("search", { text: "x" })],
  ["guide", prompt("guide")],
  ["guide completed", complete({ type: "ref/prompt", name: "guide" }, "city")],
  ["terms", read("app://terms")],
  ["doc", read("doc://1")],
  ["doc completed", complete({ type: "ref/resource", uri: "doc://{id}" }, "id")],
];

/** Messages that would reach something of a person. */
export const CLOSED: readonly (readonly [string, Message])[] = [
  ["a tool", call("secret", { text: "x" })],
  ["a tool without scopes of its own", call("whoami")],
  ["a prompt", prompt("plan")],
  ["a prompt's completion", complete({ type: "ref/prompt", name: "plan" }, "city")],
  ["a resource", read("app://diary")],
  ["a resource, written differently", read("APP://diary")],
  ["a resource that something public matches", read("doc://draft")],
  ["a template's resource", read("note://1")],
  ["a template's completion", complete({ type: "ref/resource", uri: "note://{id}" }, "id")],
  ["a subscription", { method: "resources/subscribe", params: { uri: "app://diary" } }],
  [
    "a subscription of 2026, behind one to something public",
    {
      method: "subscriptions/listen",
      params: { notifications: { resourceSubscriptions: ["app://terms", "app://diary"] } },
    },
  ],
];
