import type { OAuthServer } from "mcp-gatehouse";
import { z } from "zod";
import type { TodoLists } from "./todo-lists.ts";

/** What the routes are made of, on either framework. */
export type TodoParts = {
  readonly server: OAuthServer;
  readonly lists: TodoLists;
  /** Answers whatever is not a REST route: MCP, sign-in, discovery, the description of the routes. */
  readonly rest: OAuthServer["fetch"];
};

/** Scope → what it lets a client do, as people read it when they approve one. */
export const TODO_SCOPES = {
  "todo:read": "See your to-do list",
  "todo:write": "Add to your to-do list",
  "todo:delete": "Delete from your to-do list",
} as const;

/** What is posted to the list, and what the tool takes. */
export const newTodo = z.object({ title: z.string().trim().min(1).max(500) });

export type Problem = { readonly error: string; readonly error_description: string };

export const badTodo: Problem = {
  error: "invalid_request",
  error_description: 'The body must be JSON such as {"title": "Water the plants"}, with 1 to 500 characters.',
};

export function unknownTodo(id: string): Problem {
  return { error: "not_found", error_description: `There is no entry ${id} on your list.` };
}

/** Where people sign in, and where clients get tokens. */
type Endpoints = { readonly authorizationUrl: string | undefined; readonly tokenUrl: string | undefined };

/** The REST routes in OpenAPI 3.1, with the scopes that each one needs. */
export function todoApi(origin: string, endpoints: Endpoints): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "To-dos",
      version: "1.0.0",
      description: `Your to-do list. The same is at ${origin}/mcp as MCP tools, under the same scopes.`,
    },
    servers: [{ url: origin }],
    paths: {
      "/todos": {
        get: {
          operationId: "listTodos",
          summary: "Your list, oldest first",
          ...needs("todo:read"),
          responses: {
            200: json("Your list", { type: "object", required: ["todos"], properties: { todos: TODO_LIST } }),
            ...REFUSALS,
          },
        },
        post: {
          operationId: "createTodo",
          summary: "Add an entry",
          ...needs("todo:write"),
          requestBody: { required: true, content: { "application/json": { schema: schemaOf(newTodo) } } },
          responses: {
            201: json("The entry", TODO),
            400: json("The body is not what it must be", PROBLEM),
            ...REFUSALS,
          },
        },
      },
      "/todos/{id}": {
        delete: {
          operationId: "deleteTodo",
          summary: "Delete an entry",
          ...needs("todo:delete"),
          parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
          responses: {
            204: { description: "It is gone" },
            404: json("There is no such entry on your list", PROBLEM),
            ...REFUSALS,
          },
        },
      },
    },
    components: {
      schemas: {
        Todo: {
          type: "object",
          required: ["id", "title", "created_at"],
          properties: {
            id: { type: "string" },
            title: { type: "string" },
            created_at: { type: "string", format: "date-time" },
          },
        },
        Problem: {
          type: "object",
          required: ["error", "error_description"],
          properties: { error: { type: "string" }, error_description: { type: "string" } },
        },
      },
      securitySchemes: {
        oauth: { type: "oauth2", flows: { authorizationCode: { ...endpoints, scopes: TODO_SCOPES } } },
      },
    },
  };
}

const TODO = { $ref: "#/components/schemas/Todo" };
const TODO_LIST = { type: "array", items: TODO };
const PROBLEM = { $ref: "#/components/schemas/Problem" };

/** What the guard answers (RFC 6750 §3.1). */
const REFUSALS = {
  401: refusal("There is no access token, or it is not valid"),
  403: refusal("The access token lacks a scope, and the challenge names every one that is needed"),
  503: json("The token cannot be checked right now", PROBLEM),
};

function refusal(description: string): object {
  const challenge = { description: "Bearer, with where the metadata is", schema: { type: "string" } };
  return { ...json(description, PROBLEM), headers: { "WWW-Authenticate": challenge } };
}

function needs(scope: keyof typeof TODO_SCOPES): object {
  return { security: [{ oauth: [scope] }] };
}

function json(description: string, schema: object): object {
  return { description, content: { "application/json": { schema } } };
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
}
