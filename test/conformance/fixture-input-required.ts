import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type ElicitInputParams,
  inputRequired,
  inputResponse,
  type RequestStateCodec,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Registrar } from "../../src/mcp/tools/registrar.ts";

type State = { readonly round: number };

/** Tools and a prompt that need something from the client first (multi-round-trip requests of 2026-07-28). */
export function registerInputRequired(server: Registrar, state: RequestStateCodec<State>): void {
  registerSingleRound(server);
  registerWithState(server, state);
  registerCapabilities(server);
}

const askName = () => asks("What is your name?", z.object({ name: z.string() }));
const askSampling = (said: string, maxTokens: number) =>
  inputRequired.createMessage({
    messages: [{ role: "user", content: { type: "text", text: said } }],
    maxTokens,
  });

function asks(message: string, requestedSchema: ElicitInputParams["requestedSchema"]) {
  return inputRequired.elicit({ message, requestedSchema });
}

function text(said: string): CallToolResult {
  return { content: [{ type: "text", text: said }] };
}

function registerSingleRound(server: Registrar): void {
  server.registerTool(
    "test_input_required_result_elicitation",
    { description: "Asks a name." },
    ({ mcpReq }) => {
      const given = acceptedContent(mcpReq.inputResponses, "user_name", z.object({ name: z.string() }));
      if (given) return text(`Hello, ${given.name}!`);
      return inputRequired({ inputRequests: { user_name: askName() } });
    },
  );
  server.registerTool("test_streaming_elicitation", { description: "Asks, and streams nothing." }, () =>
    inputRequired({ inputRequests: { user_name: askName() } }),
  );
  server.registerTool(
    "test_input_required_result_sampling",
    { description: "Asks the model." },
    ({ mcpReq }) => {
      const given = inputResponse(mcpReq.inputResponses, "capital_question");
      if (given.kind === "sampling") return text(JSON.stringify(given.result.content));
      return inputRequired({
        inputRequests: { capital_question: askSampling("What is the capital of France?", 100) },
      });
    },
  );
  server.registerTool(
    "test_input_required_result_list_roots",
    { description: "Asks the roots." },
    ({ mcpReq }) => {
      const given = inputResponse(mcpReq.inputResponses, "client_roots");
      if (given.kind === "roots") return text(JSON.stringify(given.roots));
      return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    },
  );
  server.registerPrompt(
    "test_input_required_result_prompt",
    { description: "Asks a context." },
    ({ mcpReq }) => {
      const given = acceptedContent(mcpReq.inputResponses, "user_context", z.object({ context: z.string() }));
      if (given) return { messages: [{ role: "user", content: { type: "text", text: given.context } }] };
      return inputRequired({
        inputRequests: {
          user_context: asks("What context should the prompt use?", z.object({ context: z.string() })),
        },
      });
    },
  );
}

function registerWithState(server: Registrar, state: RequestStateCodec<State>): void {
  const confirm = asks("Please confirm", z.object({ ok: z.boolean() }));
  for (const name of [
    "test_input_required_result_request_state",
    "test_input_required_result_tampered_state",
  ]) {
    server.registerTool(name, { description: "Asks to confirm, with signed state." }, async ({ mcpReq }) => {
      if (mcpReq.requestState<State>()?.round === 1) return text("state-ok");
      return inputRequired({ inputRequests: { confirm }, requestState: await state.mint({ round: 1 }) });
    });
  }
  server.registerTool(
    "test_input_required_result_multiple_inputs",
    { description: "Asks three things at once." },
    async ({ mcpReq }) => {
      if (mcpReq.requestState<State>()?.round === 1) return text("Got all three.");
      return inputRequired({
        inputRequests: {
          user_name: askName(),
          greeting: askSampling("Generate a greeting", 50),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await state.mint({ round: 1 }),
      });
    },
  );
  server.registerTool(
    "test_input_required_result_multi_round",
    { description: "Asks twice." },
    async ({ mcpReq }) => {
      const round = mcpReq.requestState<State>()?.round ?? 0;
      if (round === 2) return text("Thank you.");
      const requestState = await state.mint({ round: round + 1 });
      return round === 0
        ? inputRequired({
            inputRequests: { step1: asks("Step 1: What is your name?", z.object({ name: z.string() })) },
            requestState,
          })
        : inputRequired({
            inputRequests: {
              step2: asks("Step 2: What is your favorite color?", z.object({ color: z.string() })),
            },
            requestState,
          });
    },
  );
}

function registerCapabilities(server: Registrar): void {
  server.registerTool(
    "test_input_required_result_capabilities",
    { description: "Asks what the client can answer." },
    ({ mcpReq }) => {
      const can = declaredCapabilities(mcpReq.envelope);
      return inputRequired({
        inputRequests: {
          ...(can.sampling && { capital_question: askSampling("What is the capital of France?", 100) }),
          ...(can.elicitation && { user_name: askName() }),
        },
      });
    },
  );
  server.registerTool(
    "test_missing_capability",
    { description: "Needs sampling, whoever calls." },
    ({ mcpReq }) => {
      if (inputResponse(mcpReq.inputResponses, "sample").kind === "sampling") return text("Sampled.");
      return inputRequired({ inputRequests: { sample: askSampling("Anything.", 10) } });
    },
  );
}

/** The SDK types the envelope as an object without keys. */
function declaredCapabilities(envelope: object | undefined): ClientCapabilities {
  return (envelope as Record<string, ClientCapabilities> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
}
