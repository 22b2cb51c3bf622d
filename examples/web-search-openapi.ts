import { z } from "zod";
import { searchInput, searchOutput } from "./tavily.ts";

/** Where people sign in and where tokens come from: of the authorization server's metadata (RFC 8414). */
export const signInEndpoints = z.object({ authorization_endpoint: z.url(), token_endpoint: z.url() });

/** The REST side of the server as an OpenAPI 3.1 document. */
export function openApiDocument(
  { authorization_endpoint, token_endpoint }: z.output<typeof signInEndpoints>,
  scopes: Readonly<Record<string, string>>,
): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "Web search",
      version: "1.0.0",
      description: "The tools of the MCP server at /mcp, for callers that do not speak MCP.",
    },
    servers: [{ url: "/" }],
    paths: {
      "/tools/call": {
        post: {
          operationId: "callTool",
          summary: "Search the web",
          security: [{ oauth: Object.keys(scopes) }],
          requestBody: { required: true, content: json({ $ref: "#/components/schemas/Call" }) },
          responses: RESPONSES,
        },
      },
    },
    components: {
      schemas: { Call: CALL, Result: RESULT, Refusal: REFUSAL },
      securitySchemes: {
        oauth: {
          type: "oauth2",
          flows: {
            authorizationCode: {
              authorizationUrl: authorization_endpoint,
              tokenUrl: token_endpoint,
              refreshUrl: token_endpoint,
              scopes,
            },
          },
        },
      },
    },
  };
}

const CALL = {
  type: "object",
  required: ["name", "arguments"],
  properties: { name: { const: "web_search" }, arguments: schemaOf(searchInput) },
};

const RESULT = {
  type: "object",
  required: ["content"],
  properties: {
    content: {
      type: "array",
      items: {
        type: "object",
        required: ["type", "text"],
        properties: { type: { const: "text" }, text: { type: "string" } },
      },
    },
    structuredContent: schemaOf(searchOutput),
    isError: { type: "boolean", description: "True where the search failed; the text says what to do." },
  },
};

const REFUSAL = {
  type: "object",
  required: ["error", "error_description"],
  properties: { error: { type: "string" }, error_description: { type: "string" } },
};

const RESPONSES = {
  200: { description: "What the tool answered.", content: json({ $ref: "#/components/schemas/Result" }) },
  400: refused("The body is not a call, or its arguments do not fit."),
  401: refused("There is no access token, or it is not valid."),
  403: refused("The access token lacks the scope."),
  404: refused("There is no tool of this name."),
  413: refused("The body is too large."),
  503: refused("The access token cannot be checked right now."),
};

function refused(description: string): object {
  return { description, content: json({ $ref: "#/components/schemas/Refusal" }) };
}

function json(schema: object): object {
  return { "application/json": { schema } };
}

/** OpenAPI 3.1 takes JSON Schema 2020-12 as it is. */
function schemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: "input" });
}
