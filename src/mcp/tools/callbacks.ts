import { ResourceTemplate } from "@modelcontextprotocol/server";
import { ConfigurationError } from "../../core/errors.ts";
import type { Feature, ScopedCalls } from "./scoped-calls.ts";

/**
 * What a registration shows to clients, which holds no functions: the SDK could call one before, or without, the check
 * of the scopes, as it calls `scopeChallenge`.
 *
 * @throws ConfigurationError that says where a function is
 */
export function onlyData<Config extends object>(config: Config, { kind, name }: Feature): Config {
  const [path] = functionsIn(config);
  if (path !== undefined) {
    throw new ConfigurationError(
      `The ${kind} "${name}" has a function at ${path}, which could run for callers without its scopes. ${PLACES[kind]}Remove it, ` +
        "and name the scopes that callers need in scopes.",
    );
  }
  return config;
}

const PLACES: Readonly<Record<Feature["kind"], string>> = {
  tool: "A schema is in inputSchema or outputSchema. ",
  prompt: "A schema is in argsSchema. ",
  resource: "",
};

/** Makes the template that a server of the SDK gets, whose callbacks run only for callers with the scopes. */
export type ServedTemplate = (calls: ScopedCalls) => ResourceTemplate;

/**
 * The template with those of its callbacks that are known: `list`, and `complete` for each of its variables.
 *
 * @throws ConfigurationError where it has another one
 */
export function scopedTemplate(template: ResourceTemplate, feature: Feature): ServedTemplate {
  const { uriTemplate, listCallback } = template;
  const completions = uriTemplate.variableNames.flatMap((variable) => {
    const complete = template.completeCallback(variable);
    return complete ? [{ variable, complete }] : [];
  });
  refuseOthers(template, feature, [listCallback, ...completions.map(({ complete }) => complete)]);
  return (calls) =>
    new ResourceTemplate(uriTemplate, {
      // A list asks all templates at once. One that refused would take away what the others have to say.
      list:
        listCallback &&
        ((context) =>
          calls.mayCall(feature, context) ? calls.answer(feature, context, listCallback) : { resources: [] }),
      complete: Object.fromEntries(
        completions.map(({ variable, complete }) => [
          variable,
          (value, context) => calls.run(feature, () => complete(value, context)),
        ]),
      ),
    });
}

function refuseOthers(template: ResourceTemplate, { name }: Feature, known: readonly unknown[]): void {
  const [path] = functionsIn(template, (found) => !known.includes(found));
  if (path === undefined) return;
  throw new ConfigurationError(
    `The template of the resource "${name}" has a function at ${path.replace(/^_callbacks\./, "")}. ` +
      `Its functions can be list, and complete for its variables (${template.uriTemplate.variableNames.join(", ")}).`,
  );
}

/** Where a value holds functions, as paths. */
function functionsIn(value: unknown, isMeant: (found: unknown) => boolean = () => true): readonly string[] {
  const seen = new Set<unknown>();
  const visit = (at: unknown, path: readonly string[]): readonly string[] => {
    if (typeof at === "function") return isMeant(at) ? [path.join(".")] : [];
    if (typeof at !== "object" || at === null || seen.has(at)) return [];
    seen.add(at);
    return Reflect.ownKeys(at).flatMap((key) => visit(Reflect.get(at, key), [...path, String(key)]));
  };
  return visit(value, []);
}
