import { McpServer, type ResourceTemplate } from "@modelcontextprotocol/server";
import { ConfigurationError } from "../../core/errors.ts";
import { isScopeToken } from "../../core/scopes.ts";
import type { Registrar, ResourceConfig, ResourceHandler, ResourceTemplateHandler } from "./registrar.ts";
import {
  promptRegistration,
  type Registration,
  resourceRegistration,
  templateRegistration,
  toolRegistration,
} from "./registration.ts";
import type { ScopedCalls } from "./scoped-calls.ts";

/** What was registered, for those who serve it. */
export type Registrations = Registrar &
  RegistrationView & {
    /**
     * Scope → the tools that it opens, for the consent page.
     * @param basic the scopes that every request needs, which open the tools that name none of their own
     */
    toolsByScope(basic?: readonly string[]): ReadonlyMap<string, readonly string[]>;
  };

/** What is to be seen of it. */
export type RegistrationView = {
  all(): Iterable<Registration>;
  has(kind: Registration["kind"]): boolean;
  tool(name: string): Registration | undefined;
  prompt(name: string): Registration | undefined;
  /** What the SDK's server reads for this URI: the resource at it, else the first template that matches. */
  resource(uri: string): Registration | undefined;
  /** The template as it was registered, which completions name. */
  template(uriTemplate: string): Registration | undefined;
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
    // In the order of the SDK's server, which keeps them in an object: names that look like numbers come first.
    return Object.values(Object.fromEntries(templates)).find(matches)?.registration;
  }
}

const itself = (registration: Registration) => registration;

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
        `"${scope}" of ${what} is not a scope. Use printable characters without spaces, quotes or backslashes.`,
      );
    }
    if (!isKnownScope(scope)) {
      throw new ConfigurationError(
        `No one can be granted "${scope}", which ${what} needs. Add it to supportedScopes.`,
      );
    }
  }
}

/** What the SDK refuses is refused where it is registered, and not in the middle of somebody's request. */
function rehearse(what: string, registration: Registration): void {
  try {
    registration.apply(new McpServer({ name: "rehearsal", version: "0" }), NO_CALLS);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`${what} cannot be registered: ${reason}`.replace(/^t/, "T"));
  }
}

const callsNothing = (): never => {
  throw new Error("A rehearsal calls nothing.");
};
const NO_CALLS: ScopedCalls = { answer: callsNothing, run: callsNothing, mayCall: callsNothing };

function namesByScope(
  tools: Iterable<Registration>,
  basic: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const byScope = new Map<string, string[]>();
  for (const { name, scopes, isPublic } of tools) {
    // What needs no consent is not what the person consents to.
    if (isPublic) continue;
    for (const scope of new Set(scopes.length > 0 ? scopes : basic)) {
      const names = byScope.get(scope);
      if (names) names.push(name);
      else byScope.set(scope, [name]);
    }
  }
  return byScope;
}
