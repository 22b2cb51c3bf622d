import type { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import { namesAt } from "./declared.ts";
import type { EnvironmentOptions } from "./environment.ts";
import {
  type Label,
  namedPath,
  type OptionPath,
  optionLabel,
  unknownName,
  valueAt,
  wrongName,
  wrongValue,
} from "./problems.ts";

/** The options of one server, checked, and what their writer called each of them. */
export type ReadOptions<Schema extends z.ZodObject> = {
  /** Every option is there: undefined where nothing is given and there is no default. */
  readonly parsed: Required<z.output<Schema>>;
  readonly label: Label;
};

/**
 * Puts together what the code and the environment say, and checks it. What the code says itself, the environment
 * neither sets nor is blamed for.
 * @param unset what an option is called that nothing gives; the name that code has for it unless said
 * @throws ConfigurationError that names the option or the variable, what was given (secrets masked), and what would be right.
 */
export function readOptions<Schema extends z.ZodObject>(
  schema: Schema,
  given: object,
  environment: EnvironmentOptions = new Map(),
  unset: Label = optionLabel,
): ReadOptions<Schema> {
  const fromEnvironment = new Map(
    [...environment].filter(([option]) => valueAt(given, [keyOf(schema, option)]) === undefined),
  );
  const label: Label = (path) => variableAt(path, fromEnvironment) ?? unset(path);
  const merged = merge(schema, given, fromEnvironment);
  const read = schema.safeParse(merged);
  if (!read.success) throw firstProblem(schema, read.error, merged, label);
  // Zod leaves out what is optional only where its key is missing, and `merge` has them all.
  return { parsed: read.data as Required<z.output<Schema>>, label };
}

/** The variable that a value is from. An item of a list that stands in a variable goes by the variable's name too. */
function variableAt(path: OptionPath, environment: EnvironmentOptions): string | undefined {
  if (path.length === 0) return undefined;
  return environment.get(path.join("."))?.variable ?? variableAt(path.slice(0, -1), environment);
}

function merge(
  schema: z.ZodObject,
  given: object,
  environment: EnvironmentOptions,
): Readonly<Record<PropertyKey, unknown>> {
  const nothing = Reflect.ownKeys(schema.shape).map((key) => [key, undefined] as const);
  const saidInCode = Reflect.ownKeys(given)
    .map((key) => [key, valueAt(given, [key])] as const)
    .filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(nothing),
    ...placed(schema, environment),
    ...Object.fromEntries(saidInCode),
  };
}

/** What the environment says, each value where code would write it. */
export function placed(
  schema: z.ZodObject,
  environment: EnvironmentOptions,
): Readonly<Record<PropertyKey, unknown>> {
  const options: Record<PropertyKey, unknown> = {};
  for (const [option, { value }] of environment) {
    const key = keyOf(schema, option);
    const [, ...parts] = option.split(".");
    options[key] = withPart(options[key], parts, value);
  }
  return options;
}

/** A value with another one at a path inside it. */
function withPart(whole: unknown, [part, ...further]: readonly string[], value: unknown): unknown {
  if (part === undefined) return value;
  return { ...(whole as object | undefined), [part]: withPart(valueAt(whole, [part]), further, value) };
}

/** Where an option of this name stands: under a symbol where it is dangerous, and a part of one with the whole. */
function keyOf({ shape }: z.ZodObject, option: string): PropertyKey {
  const [name = ""] = option.split(".");
  const symbol = Object.getOwnPropertySymbols(shape).find(({ description }) => description === name);
  return symbol ?? name;
}

function firstProblem(
  schema: z.ZodObject,
  error: z.ZodError,
  given: unknown,
  label: Label,
): ConfigurationError {
  // A misspelt name first: often it is why another one is missing.
  const issues = error.issues.flatMap(meantIssues);
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (!issue) return new ConfigurationError("The options cannot be used.");
  const path = namedPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return unknownName(label([...path, key]), namesAt(schema, issue.path));
  }
  if (issue.code === "invalid_key") {
    return wrongName(
      label(path.slice(0, -1)),
      String(path.at(-1)),
      issue.issues[0]?.message ?? issue.message,
    );
  }
  const value = valueAt(given, issue.path);
  return wrongValue(label(path), value, `${issue.message}${unquoted(issue, value)}`);
}

/** Of a value that may have several forms, what is wrong with the one that was meant: the one whose problems are inside it. */
function meantIssues(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const meant =
    issue.errors.find((issues) => issues.length > 0 && issues.every(({ path }) => path.length > 0)) ??
    // A text that is too long has the right form.
    issue.errors.find((issues) => issues.some((one) => one.code === "too_big" && one.origin === "string"));
  return (
    meant?.flatMap((inner) => meantIssues({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue]
  );
}

/** A number or a boolean that code gives as text. The environment, where everything is text, is read before. */
function unquoted(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== "invalid_type" || typeof value !== "string") return "";
  if (issue.expected === "boolean") return /^(true|false)$/.test(value) ? ", without quotes" : "";
  return /^\d+$/.test(value) ? ", as a number without quotes" : "";
}
