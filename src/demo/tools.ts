import { z } from "zod";
import type { Auth } from "../core/auth.ts";
import type { Registrar } from "../mcp/tools/registrar.ts";
import type { Clock } from "../platform/clock.ts";
import type { Todos } from "./todos.ts";

/** What the consent page says of each scope of the demonstration. */
export const DEMO_SCOPES = {
  mcp: "Use the basic tools: echo, the time, and who you are",
  "todo:read": "See your to-do list",
  "todo:write": "Add to your to-do list",
  "todo:delete": "Delete from your to-do list",
} as const;

/**
 * Registers the demonstration's tools.
 * @param todos the to-do lists; asked for at each call, because they are opened after registration.
 */
export function registerDemoTools(server: Registrar, todos: () => Promise<Todos>, clock: Clock): void {
  registerBasicTools(server, clock);
  registerTodoTools(server, todos, clock);
}

function registerBasicTools(server: Registrar, clock: Clock): void {
  server.registerTool(
    "echo",
    { description: "Echo back the text.", inputSchema: z.object({ text: z.string() }) },
    ({ text }) => result({ text }),
  );
  server.registerTool("get_time", { description: "The current time, in ISO 8601 and UTC." }, () =>
    result({ time: iso(clock()) }),
  );
  server.registerTool(
    "get_user_info",
    { description: "The person who is signed in." },
    ({ person: { id, ...claims } }) => result({ user_id: id, ...claims }),
  );
  server.registerTool(
    "get_me",
    { description: "Who you are on this server, and which access token you use." },
    ({ person, auth }) =>
      result({
        user_id: person.id,
        ...uidOf(auth),
        issuer: auth.issuer,
        audience: auth.audience,
        client_id: auth.client.id,
        scopes: auth.scopes,
        issued_at: iso(auth.issuedAt * 1000),
        expires_at: iso(auth.expiresAt * 1000),
        token_id: auth.tokenId,
        name: person.name ?? null,
        // Everything that a provider says; our own token says no more than stands above.
        ...(isProviders(auth) && { claims: auth.claims }),
      }),
  );
}

function registerTodoTools(server: Registrar, todos: () => Promise<Todos>, clock: Clock): void {
  server.registerTool(
    "list_todos",
    { description: "Your to-do list, with the id of each entry.", scopes: ["todo:read"] },
    async ({ auth }) => {
      const list = (await todos()).list(ownerOf(auth));
      return result({
        todos: list.map(({ id, title, createdAt }) => ({ id, title, created_at: iso(createdAt) })),
      });
    },
  );
  server.registerTool(
    "create_todo",
    {
      description: "Add an entry to your to-do list.",
      inputSchema: z.object({ title: z.string().trim().min(1).max(500) }),
      scopes: ["todo:write"],
    },
    async ({ title }, { auth }) => {
      const created = (await todos()).create(ownerOf(auth), title, clock());
      return result({ id: created.id, title: created.title, created_at: iso(created.createdAt) });
    },
  );
  server.registerTool(
    "delete_todo",
    {
      description: "Delete an entry of your to-do list, by its id.",
      inputSchema: z.object({ id: z.string() }),
      scopes: ["todo:delete"],
    },
    async ({ id }, { auth }) => {
      if ((await todos()).delete(ownerOf(auth), id)) return result({ deleted: id });
      return failure(`There is no entry ${id} on your list. list_todos shows the ids.`);
    },
  );
}

/** The id that some providers give a person beside the subject; a number is text, as it is for the subject. */
function uidOf({ claims: { uid } }: Auth): { readonly uid?: string } {
  return (typeof uid === "string" && uid !== "") || Number.isSafeInteger(uid) ? { uid: String(uid) } : {};
}

/** Whose list it is. A subject is unique at its issuer only (OpenID Connect Core §2). */
function ownerOf(auth: Auth): string {
  return isProviders(auth) ? `${auth.issuer} ${auth.person.id}` : auth.person.id;
}

function isProviders({ grantId }: Auth): boolean {
  return grantId === null;
}

/** Structured content, and the same as text for clients that read only that. */
function result(value: Record<string, unknown>) {
  return { structuredContent: value, content: [{ type: "text" as const, text: JSON.stringify(value) }] };
}

function failure(text: string) {
  return { isError: true, content: [{ type: "text" as const, text }] };
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
