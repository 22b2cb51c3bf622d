import {
  McpServer,
  type ResourceTemplate,
  type ServerContext,
  type StandardSchemaWithJSON,
} from "@modelcontextprotocol/server";
import { ConfigurationError } from "../core/errors.ts";
import { isScopeToken } from "../core/scopes.ts";
import type {
  PromptConfig,
  PromptHandler,
  Registrar,
  ResourceConfig,
  ResourceHandler,
  ResourceTemplateHandler,
  ToolConfig,
  ToolHandler,
} from "./registrar.ts";
import { describedOnce } from "./schemas.ts";
import type { ToolContext } from "./tool-context.ts";

export type Registration = Registered & {
  /** Puts it on a server of the SDK. Its schemas were prepared once, when it was registered. */
  readonly apply: (server: McpServer, answer: Answering) => void;
};

export type Registered = {
  readonly kind: "tool" | "prompt" | "resource";
  readonly name: string;
  readonly scopes: readonly string[];
};

/** Lets a handler answer, as whoever calls. Throws where the caller lacks one of the scopes, and what the handler throws. */
export type Answering = <Result>(
  registered: Registered,
  context: ServerContext,
  handle: (context: ToolContext) => Result,
) => Result;

/** What was registered, for those who serve it. */
export type Registrations = Registrar & {
  all(): Iterable<Registration>;
  has(kind: Registration["kind"]): boolean;
  tool(name: string): Registration | undefined;
  prompt(name: string): Registration | undefined;
  /** What the SDK's server reads for this URI: the resource at it, else the first template that matches. */
  resource(uri: string): Registration | undefined;
  /** The template as it was registered, which completions name. */
  template(uriTemplate: string): Registration | undefined;
  /**
   * Scope → the tools that it opens, for the consent page.
   * @param basic the scopes that every request needs, which open the tools that name none of their own
   */
  toolsByScope(basic?: readonly string[]): ReadonlyMap<string, readonly string[]>;
  /** Calls the listener with each registration to come. */
  onRegistered(listener: (registration: Registration) => void): void;
};

type Template = { readonly registration: Registration; readonly template: ResourceTemplate };

/** @param isKnownScope whether the server can grant a scope; what needs another one could never be used */
export function createRegistrations(isKnownScope: (scope: string) => boolean = () => true): Registrations {
  const tools = new Map<string, Registration>();
  const prompts = new Map<string, Registration>();
  const resources = new Map<string, Registration>();
  const templates = new Map<string, Template>();
  const listeners: ((registration: Registration) => void)[] = [];

  const add = <Value>(
    map: Map<string, Value>,
    key: string,
    registration: Registration,
    value: (registration: Registration) => Value,
  ) => {
    const what = `the ${registration.kind} "${registration.name}"`;
    if (map.has(key)) {
      throw new ConfigurationError(`There is ${what} already. Give one of the two another name.`);
    }
    checkScopes(what, registration.scopes, isKnownScope);
    rehearse(what, registration);
    map.set(key, value(registration));
    for (const listener of listeners) listener(registration);
  };

  return {
    registerTool: (name, config, handler) =>
      add(tools, name, toolRegistration(name, config, handler), itself),
    registerPrompt: (name, config, handler) =>
      add(prompts, name, promptRegistration(name, config, handler), itself),
    registerResource(
      name: string,
      where: string | ResourceTemplate,
      config: ResourceConfig,
      handler: ResourceHandler | ResourceTemplateHandler,
    ) {
      if (typeof where === "string") {
        const uri = canonicalUri(name, where);
        add(resources, uri, resourceRegistration(name, uri, config, handler as ResourceHandler), itself);
      } else {
        const registration = templateRegistration(name, where, config, handler as ResourceTemplateHandler);
        add(templates, name, registration, (added) => ({ registration: added, template: where }));
      }
    },

    *all() {
      yield* tools.values();
      yield* prompts.values();
      yield* resources.values();
      for (const { registration } of templates.values()) yield registration;
    },
    has(kind) {
      if (kind === "tool") return tools.size > 0;
      if (kind === "prompt") return prompts.size > 0;
      return resources.size + templates.size > 0;
    },
    tool: (name) => tools.get(name),
    prompt: (name) => prompts.get(name),
    resource(uri) {
      if (!URL.canParse(uri)) return undefined;
      const canonical = new URL(uri).toString();
      return (
        resources.get(canonical) ??
        findTemplate(({ template }) => template.uriTemplate.match(canonical) !== null)
      );
    },
    template: (uriTemplate) =>
      findTemplate(({ template }) => template.uriTemplate.toString() === uriTemplate),
    toolsByScope: (basic = []) => namesByScope(tools.values(), basic),
    onRegistered: (listener) => listeners.push(listener),
  };

  function findTemplate(matches: (template: Template) => boolean): Registration | undefined {
    return [...templates.values()].find(matches)?.registration;
  }
}

const itself = (registration: Registration) => registration;

/** A handler whose argument types were checked where it was registered. */
type Handler = (...parameters: unknown[]) => never;

/** SEP-986. The SDK warns of other names on the console, and would do so again for every request. */
const TOOL_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_])?$/;

function toolRegistration<
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
  const registered: Registered = { kind: "tool", name, scopes };
  const output = outputSchema && {
    outputSchema: describedOnce(outputSchema, `outputSchema of the tool "${name}"`, "output"),
  };
  if (!inputSchema) {
    return {
      ...registered,
      apply: (server, answer) =>
        server.registerTool(name, { ...config, ...output }, (context: ServerContext) =>
          answer(registered, context, (admitted) => call(admitted)),
        ),
    };
  }
  const input = describedOnce<StandardSchemaWithJSON>(
    inputSchema,
    `inputSchema of the tool "${name}"`,
    "input",
  );
  return {
    ...registered,
    apply: (server, answer) =>
      server.registerTool(name, { ...config, ...output, inputSchema: input }, (given: unknown, context) =>
        answer(registered, context, (admitted) => call(given, admitted)),
      ),
  };
}

function promptRegistration<Arguments extends StandardSchemaWithJSON | undefined>(
  name: string,
  { scopes = [], argsSchema, ...config }: PromptConfig<Arguments>,
  handler: PromptHandler<Arguments>,
): Registration {
  const call = handler as Handler;
  const registered: Registered = { kind: "prompt", name, scopes };
  if (!argsSchema) {
    return {
      ...registered,
      apply: (server, answer) =>
        server.registerPrompt(name, { ...config }, (context: ServerContext) =>
          answer(registered, context, (admitted) => call(admitted)),
        ),
    };
  }
  const described = describedOnce<StandardSchemaWithJSON>(
    argsSchema,
    `argsSchema of the prompt "${name}"`,
    "input",
  );
  return {
    ...registered,
    apply: (server, answer) =>
      server.registerPrompt(name, { ...config, argsSchema: described }, (given: unknown, context) =>
        answer(registered, context, (admitted) => call(given, admitted)),
      ),
  };
}

function resourceRegistration(
  name: string,
  uri: string,
  { scopes = [], ...config }: ResourceConfig,
  read: ResourceHandler,
): Registration {
  const registered: Registered = { kind: "resource", name, scopes };
  return {
    ...registered,
    apply: (server, answer) =>
      server.registerResource(name, uri, config, (at, context) =>
        answer(registered, context, (admitted) => read(at, admitted)),
      ),
  };
}

function templateRegistration(
  name: string,
  template: ResourceTemplate,
  { scopes = [], ...config }: ResourceConfig,
  read: ResourceTemplateHandler,
): Registration {
  const registered: Registered = { kind: "resource", name, scopes };
  return {
    ...registered,
    apply: (server, answer) =>
      server.registerResource(name, template, config, (at, variables, context) =>
        answer(registered, context, (admitted) => read(at, variables, admitted)),
      ),
  };
}

/** The SDK looks resources up by the URI as `URL` writes it, whatever way it was registered or asked for. */
function canonicalUri(name: string, uri: string): string {
  if (URL.canParse(uri)) return new URL(uri).toString();
  throw new ConfigurationError(
    `"${uri}", the address of the resource "${name}", is not a URI. Write for example app://${name}.`,
  );
}

function checkScopes(
  what: string,
  scopes: readonly string[],
  isKnownScope: (scope: string) => boolean,
): void {
  for (const scope of scopes) {
    if (!isScopeToken(scope)) {
      throw new ConfigurationError(
        `"${scope}" of ${what} is not a scope. Use printable characters without spaces, quotes and backslashes.`,
      );
    }
    if (!isKnownScope(scope)) {
      throw new ConfigurationError(
        `Nobody can be granted "${scope}", which ${what} needs. Add it to supportedScopes.`,
      );
    }
  }
}

/** What the SDK refuses is refused where it is registered, and not in the middle of somebody's request. */
function rehearse(what: string, registration: Registration): void {
  try {
    registration.apply(new McpServer({ name: "rehearsal", version: "0" }), () => {
      throw new Error("A rehearsal calls no handler.");
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`${what} cannot be registered: ${reason}`.replace(/^t/, "T"));
  }
}

function namesByScope(
  tools: Iterable<Registration>,
  basic: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const byScope = new Map<string, string[]>();
  for (const { name, scopes } of tools) {
    for (const scope of new Set(scopes.length > 0 ? scopes : basic)) {
      const names = byScope.get(scope);
      if (names) names.push(name);
      else byScope.set(scope, [name]);
    }
  }
  return byScope;
}
