import { setTimeout as sleep } from "node:timers/promises";
import type { CallToolResult, ElicitRequestFormParams } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Registrar } from "../../src/mcp/tools/registrar.ts";
import type { ToolContext } from "../../src/mcp/tools/tool-context.ts";

/** Tools that say or ask something before they answer: log lines, progress, and the requests of the 2025 revisions. */
export function registerPushed(server: Registrar): void {
  server.registerTool("test_tool_with_logging", { description: "Logs three lines." }, async ({ mcpReq }) => {
    await mcpReq.log("info", "Tool execution started");
    await sleep(50);
    await mcpReq.log("info", "Tool processing data");
    await sleep(50);
    await mcpReq.log("info", "Tool execution completed");
    return text("Logged three lines.");
  });
  server.registerTool("test_logging_tool", { description: "Logs where it may." }, async ({ mcpReq }) => {
    await mcpReq.log("info", "A line for those who asked for lines.");
    return text("Logged where it may.");
  });
  server.registerTool("test_tool_with_progress", { description: "Reports progress." }, async (context) => {
    for (const progress of [0, 50, 100]) {
      await report(context, progress);
      await sleep(50);
    }
    return text("Done.");
  });
  server.registerTool(
    "test_sampling",
    { description: "Asks the client's model.", inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const { content } = await mcpReq.requestSampling({
        messages: [{ role: "user", content: { type: "text", text: prompt } }],
        maxTokens: 100,
      });
      return text(`LLM response: ${JSON.stringify(content)}`);
    },
  );
  server.registerTool(
    "test_elicitation",
    { description: "Asks the person.", inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context) => text(`User response: ${await elicit(context, message, CONTACT)}`),
  );
  server.registerTool(
    "test_elicitation_sep1034_defaults",
    { description: "Asks, with defaults." },
    async (context) =>
      text(`Elicitation completed: ${await elicit(context, "Check the defaults.", DEFAULTS)}`),
  );
  server.registerTool("test_elicitation_sep1330_enums", { description: "Asks to choose." }, async (context) =>
    text(`Elicitation completed: ${await elicit(context, "Choose.", ENUMS)}`),
  );
}

type RequestedSchema = ElicitRequestFormParams["requestedSchema"];

function text(said: string): CallToolResult {
  return { content: [{ type: "text", text: said }] };
}

async function report({ mcpReq }: ToolContext, progress: number): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
}

async function elicit(
  { mcpReq }: ToolContext,
  message: string,
  requestedSchema: RequestedSchema,
): Promise<string> {
  // In the stream of the call: the client's other one may not be open yet, and the SDK drops what is sent to it then.
  const { action, content } = await mcpReq.elicitInput(
    { message, requestedSchema },
    { relatedRequestId: mcpReq.id },
  );
  return `action=${action}, content=${JSON.stringify(content)}`;
}

const CONTACT: RequestedSchema = {
  type: "object",
  properties: {
    username: { type: "string", description: "User's response" },
    email: { type: "string", description: "User's email address" },
  },
  required: ["username", "email"],
};

const DEFAULTS: RequestedSchema = {
  type: "object",
  properties: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  },
};

const ENUMS: RequestedSchema = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
    titledSingle: {
      type: "string",
      oneOf: [
        { const: "value1", title: "First Option" },
        { const: "value2", title: "Second Option" },
        { const: "value3", title: "Third Option" },
      ],
    },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
    titledMulti: {
      type: "array",
      items: {
        anyOf: [
          { const: "value1", title: "First Choice" },
          { const: "value2", title: "Second Choice" },
          { const: "value3", title: "Third Choice" },
        ],
      },
    },
  },
};
