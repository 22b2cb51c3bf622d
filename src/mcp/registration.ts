import type {
  McpServer,
  ResourceTemplate,
  ServerContext,
  StandardSchemaWithJSON,
} from "@modelcontextprotocol/server";
import { ConfigurationError } from "../core/errors.ts";
import { onlyData, scopedTemplate } from "./callbacks.ts";
import type {
  PromptConfig,
  PromptHandler,
  ResourceConfig,
  ResourceHandler,
  ResourceTemplateHandler,
  ToolConfig,
  ToolHandler,
} from "./registrar.ts";
import { describedOnce } from "./schemas.ts";
import type { Feature, ScopedCalls } from "./scoped-calls.ts";

/** A feature with all that serving it takes. Every callback of it that reaches the SDK runs through `calls`. */
export type Registration = Feature & {
  /** Puts it on a server of the SDK. Its schemas were prepared once, when it was registered. */
  readonly apply: (server: McpServer, calls: ScopedCalls) => void;
};

/** A handler whose argument types were checked where it was registered. */
type Handler = (...parameters: unknown[]) => never;

/** SEP-986. The SDK warns of other names on the console, and would do so again for every request. */
const TOOL_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_])?$/;

export function toolRegistration<
  Input extends StandardSchemaWithJSON | undefined,
  Output extends StandardSchemaWithJSON | undefined,
>(
  name: string,
  { scopes = [], inputSchema, outputSchema, ...config }: ToolConfig<Input, Output>,
  handler: ToolHandler<Input>,
): Registration {
  if (!TOOL_NAME.test(name)) {
    throw new ConfigurationError(
      `"${name}" cannot be the name of a tool. Use 1 to 128 letters, digits, "_", "-" and ".", ` +
        'without "-" and "." at the ends.',
    );
  }
  const call = handler as Handler;
  const feature: Feature = { kind: "tool", name, scopes };
  const shown = onlyData(config, feature);
  const input = inputSchema && describedOnce(inputSchema, `inputSchema of the tool "${name}"`, "input");
  const output = outputSchema && describedOnce(outputSchema, `outputSchema of the tool "${name}"`, "output");
  return {
    ...feature,
    apply(server, calls) {
      const run = <Result>(callback: () => Result) => calls.run(feature, callback);
      const described = { ...shown, ...(output && { outputSchema: output(run) }) };
      if (!input) {
        server.registerTool(name, described, (context: ServerContext) =>
          calls.answer(feature, context, (admitted) => call(admitted)),
        );
        return;
      }
      server.registerTool(name, { ...described, inputSchema: input(run) }, (given: unknown, context) =>
        calls.answer(feature, context, (admitted) => call(given, admitted)),
      );
    },
  };
}

export function promptRegistration<Arguments extends StandardSchemaWithJSON | undefined>(
  name: string,
  { scopes = [], argsSchema, ...config }: PromptConfig<Arguments>,
  handler: PromptHandler<Arguments>,
): Registration {
  const call = handler as Handler;
  const feature: Feature = { kind: "prompt", name, scopes };
  const shown = onlyData(config, feature);
  const args = argsSchema && describedOnce(argsSchema, `argsSchema of the prompt "${name}"`, "input");
  return {
    ...feature,
    apply(server, calls) {
      if (!args) {
        server.registerPrompt(name, { ...shown }, (context: ServerContext) =>
          calls.answer(feature, context, (admitted) => call(admitted)),
        );
        return;
      }
      const argsServed = args((callback) => calls.run(feature, callback));
      server.registerPrompt(name, { ...shown, argsSchema: argsServed }, (given: unknown, context) =>
        calls.answer(feature, context, (admitted) => call(given, admitted)),
      );
    },
  };
}

export function resourceRegistration(
  name: string,
  uri: string,
  { scopes = [], ...config }: ResourceConfig,
  read: ResourceHandler,
): Registration {
  const feature: Feature = { kind: "resource", name, scopes };
  const shown = onlyData(config, feature);
  return {
    ...feature,
    apply: (server, calls) =>
      server.registerResource(name, uri, shown, (at, context) =>
        calls.answer(feature, context, (admitted) => read(at, admitted)),
      ),
  };
}

export function templateRegistration(
  name: string,
  template: ResourceTemplate,
  { scopes = [], ...config }: ResourceConfig,
  read: ResourceTemplateHandler,
): Registration {
  const feature: Feature = { kind: "resource", name, scopes };
  const shown = onlyData(config, feature);
  const served = scopedTemplate(template, feature);
  return {
    ...feature,
    apply: (server, calls) =>
      server.registerResource(name, served(calls), shown, (at, variables, context) =>
        calls.answer(feature, context, (admitted) => read(at, variables, admitted)),
      ),
  };
}
