import type {
  McpServer,
  ResourceTemplate,
  ServerContext,
  StandardSchemaWithJSON,
} from "@modelcontextprotocol/server";
import { ConfigurationError } from "../../core/errors.ts";
import { onlyData, scopedTemplate } from "./callbacks.ts";
import type {
  Access,
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
import { toolResult } from "./tool-result.ts";

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
  IsPublic extends boolean,
>(
  name: string,
  { scopes, public: isPublic, inputSchema, outputSchema, ...config }: ToolConfig<Input, Output, IsPublic>,
  handler: ToolHandler<Input, IsPublic>,
): Registration {
  if (!TOOL_NAME.test(name)) {
    throw new ConfigurationError(
      `"${name}" cannot be the name of a tool. Use 1 to 128 letters, digits, "_", "-" and ".", ` +
        'without "-" and "." at the ends.',
    );
  }
  const feature = featureOf("tool", name, { scopes, isPublic });
  const call = handlerOf(feature, handler, "third");
  const shown = onlyData(config, feature);
  const input = inputSchema && describedOnce(inputSchema, `inputSchema of the tool "${name}"`, "input");
  const output =
    outputSchema &&
    // What a schema says of a value may hold the value.
    describedOnce(outputSchema, `outputSchema of the tool "${name}"`, "output", !feature.isPublic);
  return {
    ...feature,
    apply(server, calls) {
      const run = <Result>(callback: () => Result) => calls.run(feature, callback);
      const described = { ...shown, ...(output && { outputSchema: output(run) }) };
      if (!input) {
        server.registerTool(name, described, (context: ServerContext) =>
          calls.answer(feature, context, (admitted) => toolResult(name, call(admitted))),
        );
        return;
      }
      server.registerTool(name, { ...described, inputSchema: input(run) }, (given: unknown, context) =>
        calls.answer(feature, context, (admitted) => toolResult(name, call(given, admitted))),
      );
    },
  };
}

export function promptRegistration<
  Arguments extends StandardSchemaWithJSON | undefined,
  IsPublic extends boolean,
>(
  name: string,
  { scopes, public: isPublic, argsSchema, ...config }: PromptConfig<Arguments, IsPublic>,
  handler: PromptHandler<Arguments, IsPublic>,
): Registration {
  const feature = featureOf("prompt", name, { scopes, isPublic });
  const call = handlerOf(feature, handler, "third");
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

export function resourceRegistration<IsPublic extends boolean>(
  name: string,
  uri: string,
  { scopes, public: isPublic, ...config }: ResourceConfig<IsPublic>,
  read: ResourceHandler<IsPublic>,
): Registration {
  const feature = featureOf("resource", name, { scopes, isPublic });
  const call = handlerOf(feature, read, "fourth");
  const shown = onlyData(config, feature);
  return {
    ...feature,
    apply: (server, calls) =>
      server.registerResource(name, uri, shown, (at, context) =>
        calls.answer(feature, context, (admitted) => call(at, admitted)),
      ),
  };
}

export function templateRegistration<IsPublic extends boolean>(
  name: string,
  template: ResourceTemplate,
  { scopes, public: isPublic, ...config }: ResourceConfig<IsPublic>,
  read: ResourceTemplateHandler<IsPublic>,
): Registration {
  const feature = featureOf("resource", name, { scopes, isPublic });
  const call = handlerOf(feature, read, "fourth");
  const shown = onlyData(config, feature);
  const served = scopedTemplate(template, feature);
  return {
    ...feature,
    apply: (server, calls) =>
      server.registerResource(name, served(calls), shown, (at, variables, context) =>
        calls.answer(feature, context, (admitted) => call(at, variables, admitted)),
      ),
  };
}

function handlerOf({ kind, name }: Feature, given: unknown, place: "third" | "fourth"): Handler {
  if (typeof given === "function") return given as Handler;
  throw new ConfigurationError(`The ${kind} "${name}" has no function. Give it as the ${place} argument.`);
}

type GivenAccess = {
  readonly scopes: Access<boolean>["scopes"] | readonly string[] | undefined;
  readonly isPublic: unknown;
};

/** Closed unless it says, in so many words, that it is open. */
function featureOf(
  kind: Feature["kind"],
  name: string,
  { scopes = [], isPublic = false }: GivenAccess,
): Feature {
  if (typeof isPublic !== "boolean") {
    throw new ConfigurationError(
      `public of the ${kind} "${name}" is ${JSON.stringify(isPublic) ?? typeof isPublic}; it must be true or false.`,
    );
  }
  if (isPublic && scopes.length > 0) {
    throw new ConfigurationError(
      `The ${kind} "${name}" is public and needs the scope ${scopes.join(" ")}. Remove public or scopes.`,
    );
  }
  return { kind, name, scopes, isPublic };
}
