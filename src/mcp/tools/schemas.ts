import { isCompletable, type StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import { ConfigurationError } from "../../core/errors.ts";
import { membersOf } from "../messages/json-rpc.ts";
import { isThenable } from "./when-it-fails.ts";

/** Makes the schema that a server of the SDK gets, whose callbacks run through `run`. */
export type ServedSchema = (run: Run) => StandardSchemaWithJSON;

type Run = <Result>(callback: () => Result) => Result;

/**
 * What the SDK may use of a schema, and nothing else of it: the validation and the completions, which run code of the
 * registration for whoever calls, and the JSON Schema, which is made once. The SDK builds a server for every request and
 * asks each time, which would cost more than all the rest of a call.
 *
 * @param what names the schema in the message: `inputSchema of the tool "echo"`
 * @param told whether the client is told what does not fit; what is thrown instead is for the log
 * @throws ConfigurationError where the schema cannot be described to clients
 */
export function describedOnce(
  schema: StandardSchemaWithJSON,
  what: string,
  io: "input" | "output",
  told = true,
): ServedSchema {
  const standard = schema["~standard"] as StandardSchemaWithJSON["~standard"] | undefined;
  if (typeof standard?.validate !== "function" || standard.jsonSchema === undefined) {
    throw new ConfigurationError(
      `The ${what} is not a schema that can be shown to clients. Write z.object({ … }) from zod 4.2 or later, or ` +
        "fromJsonSchema(…) from @modelcontextprotocol/server.",
    );
  }
  const jsonSchema = cachedJsonSchema(standard.jsonSchema);
  const described = describe(() => jsonSchema[io]({ target: DIALECT }), what);
  if (io === "input" && described.type !== undefined && described.type !== "object") {
    throw new ConfigurationError(
      `The ${what} describes a ${described.type}; it must be an object: z.object({ … }).`,
    );
  }
  const completions = completionsOf(schema, what);
  return (run) => ({
    "~standard": {
      version: standard.version,
      vendor: standard.vendor,
      validate: (value, options) =>
        run(() => {
          const validated = standard.validate(value, options);
          return told ? validated : withoutIssues(validated);
        }),
      jsonSchema,
    },
    ...(completions.length > 0 && { shape: completableShape(completions, run) }),
  });
}

type Validated = ReturnType<StandardSchemaWithJSON["~standard"]["validate"]>;

function withoutIssues(validated: Validated): Validated {
  if (isThenable(validated)) return Promise.resolve(validated).then(withoutIssues);
  if (!validated.issues) return validated;
  throw new Error(`The answer does not fit: ${validated.issues.map(({ message }) => message).join("; ")}`);
}

/** The dialect that the SDK asks for. */
const DIALECT = "draft-2020-12";

type JsonSchemas = StandardSchemaWithJSON["~standard"]["jsonSchema"];
type Convert = JsonSchemas["input"];

function cachedJsonSchema(jsonSchema: JsonSchemas): JsonSchemas {
  return {
    input: once((options) => jsonSchema.input(options)),
    output: once((options) => jsonSchema.output(options)),
  };
}

/** Asks once for each dialect. */
function once(convert: Convert): Convert {
  const known = new Map<string, Record<string, unknown>>();
  return (options) => {
    let described = known.get(options.target);
    if (!described) {
      described = convert(options);
      known.set(options.target, described);
    }
    return described;
  };
}

function describe(convert: () => Record<string, unknown>, what: string): Record<string, unknown> {
  try {
    return convert();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`The ${what} cannot be shown to clients as JSON Schema: ${reason}`);
  }
}

type Complete = (...parameters: readonly unknown[]) => unknown;
type Completion = readonly [argument: string, complete: Complete];

/** Where `completable` of the SDK keeps its callback, in every copy of the SDK. */
const COMPLETABLE = Symbol.for("mcp.completable");

/** The arguments that can be completed. The SDK finds them where zod keeps the fields of an object. */
function completionsOf(schema: StandardSchemaWithJSON, what: string): readonly Completion[] {
  const { shape } = membersOf(schema);
  return Object.entries(membersOf(shape)).flatMap(([argument, field]) => {
    const { type, def } = membersOf(field);
    const inner = type === "optional" ? (membersOf(def).innerType ?? field) : field;
    if (!isCompletable(inner)) return [];
    const { complete } = membersOf(Reflect.get(inner, COMPLETABLE));
    if (typeof complete !== "function") {
      throw new ConfigurationError(
        `The completion of "${argument}" in the ${what} cannot be read. Write completable(z.string(), (value) => […]).`,
      );
    }
    return [[argument, complete as Complete]];
  });
}

function completableShape(completions: readonly Completion[], run: Run) {
  return Object.fromEntries(
    completions.map(([argument, complete]) => [
      argument,
      { [COMPLETABLE]: { complete: (...parameters: unknown[]) => run(() => complete(...parameters)) } },
    ]),
  );
}
