import {
  completable,
  createRequestStateCodec,
  fromJsonSchema,
  ResourceTemplate,
  UriTemplate,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Registrar } from "../../src/mcp/tools/registrar.ts";
import { registerInputRequired } from "./fixture-input-required.ts";
import { registerPushed } from "./fixture-pushed.ts";

/** Signs the state that the clients of the runner carry between rounds, and try to tamper with. */
export const fixtureState = createRequestStateCodec<{ readonly round: number }>({
  key: "a secret of the conformance fixture alone",
});

/** Registers all that the scored scenarios of both requirement sets ask a server for, by the runner's names. */
export function registerFixture(server: Registrar): void {
  registerContent(server);
  registerPrompts(server);
  registerResources(server);
  registerSchemas(server);
  registerChanges(server);
  registerPushed(server);
  registerInputRequired(server, fixtureState);
}

export const TINY_PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const TINY_WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

const image = { type: "image", data: TINY_PNG, mimeType: "image/png" } as const;

function embedded(uri: string, mimeType: string, text: string) {
  return { type: "resource", resource: { uri, mimeType, text } } as const;
}

function registerContent(server: Registrar): void {
  server.registerTool("test_simple_text", { description: "Answers one text." }, () => ({
    content: [{ type: "text", text: "This is a simple text response for testing." }],
  }));
  server.registerTool("test_image_content", { description: "Answers an image." }, () => ({
    content: [image],
  }));
  server.registerTool("test_audio_content", { description: "Answers a sound." }, () => ({
    content: [{ type: "audio", data: TINY_WAV, mimeType: "audio/wav" }],
  }));
  server.registerTool("test_embedded_resource", { description: "Answers a resource." }, () => ({
    content: [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
  }));
  server.registerTool("test_multiple_content_types", { description: "Answers three kinds at once." }, () => ({
    content: [
      { type: "text", text: "Multiple content types test:" },
      image,
      embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
  }));
  server.registerTool("test_error_handling", { description: "Always fails." }, () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
}

function registerPrompts(server: Registrar): void {
  const said = (text: string) => ({ role: "user", content: { type: "text", text } }) as const;
  server.registerPrompt("test_simple_prompt", { description: "One message." }, () => ({
    messages: [said("This is a simple prompt for testing.")],
  }));
  server.registerPrompt(
    "test_prompt_with_arguments",
    {
      description: "Two arguments, the first one completed.",
      argsSchema: z.object({
        arg1: completable(z.string().describe("First test argument"), (value) =>
          ["paris", "park", "party"].filter((word) => word.startsWith(value)),
        ),
        arg2: z.string().describe("Second test argument"),
      }),
    },
    ({ arg1, arg2 }) => ({ messages: [said(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "Embeds a resource.", argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        {
          role: "user",
          content: embedded(resourceUri, "text/plain", "Embedded resource content for testing."),
        },
        said("Please process the embedded resource above."),
      ],
    }),
  );
  server.registerPrompt("test_prompt_with_image", { description: "Embeds an image." }, () => ({
    messages: [{ role: "user", content: image }, said("Please analyze the image above.")],
  }));
}

function registerResources(server: Registrar): void {
  server.registerResource("static-text", "test://static-text", { mimeType: "text/plain" }, ({ href }) => ({
    contents: [
      { uri: href, mimeType: "text/plain", text: "This is the content of the static text resource." },
    ],
  }));
  server.registerResource("static-binary", "test://static-binary", { mimeType: "image/png" }, ({ href }) => ({
    contents: [{ uri: href, mimeType: "image/png", blob: TINY_PNG }],
  }));
  server.registerResource("watched", "test://watched-resource", { mimeType: "text/plain" }, ({ href }) => ({
    contents: [{ uri: href, mimeType: "text/plain", text: "Watched." }],
  }));
  server.registerResource(
    "template",
    new ResourceTemplate(new UriTemplate("test://template/{id}/data"), { list: undefined }),
    { mimeType: "application/json" },
    ({ href }, { id }) => ({
      contents: [
        {
          uri: href,
          mimeType: "application/json",
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
        },
      ],
    }),
  );
}

function registerSchemas(server: Registrar): void {
  server.registerTool(
    "json_schema_2020_12_tool",
    {
      description: "Tool with JSON Schema 2020-12 features",
      inputSchema: fromJsonSchema({
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        $defs: {
          address: {
            $anchor: "addressDef",
            type: "object",
            properties: { street: { type: "string" }, city: { type: "string" } },
          },
        },
        properties: {
          name: { type: "string" },
          address: { $ref: "#/$defs/address" },
          contactMethod: { type: "string", enum: ["phone", "email"] },
          phone: { type: "string" },
          email: { type: "string" },
        },
        allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
        if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
        // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema.
        then: { required: ["phone"] },
        else: { required: ["email"] },
        additionalProperties: false,
      }),
    },
    (given) => ({ content: [{ type: "text", text: JSON.stringify(given) }] }),
  );
  server.registerTool(
    "test_custom_headers",
    {
      description: "Takes an argument that proxies can read in a header (SEP-2243).",
      inputSchema: z.object({ region: z.string().meta({ "x-mcp-header": "Region" }) }),
    },
    ({ region }) => ({ content: [{ type: "text", text: region }] }),
  );
}

/** Registering late is what changes the lists: who subscribed is told. */
function registerChanges(server: Registrar): void {
  let changes = 0;
  server.registerTool("test_trigger_tool_change", { description: "Adds a tool." }, () => {
    server.registerTool(`added_tool_${++changes}`, { description: "Added late." }, () => ({ content: [] }));
    return { content: [{ type: "text", text: "A tool was added." }] };
  });
  server.registerTool("test_trigger_prompt_change", { description: "Adds a prompt." }, () => {
    server.registerPrompt(`added_prompt_${++changes}`, { description: "Added late." }, () => ({
      messages: [],
    }));
    return { content: [{ type: "text", text: "A prompt was added." }] };
  });
}
