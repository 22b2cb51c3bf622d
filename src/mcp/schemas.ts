import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import { ConfigurationError } from "../core/errors.ts";

/**
 * The same schema, whose JSON Schema is made once. The SDK builds a server for every request and asks each time, which
 * costs more than all the rest of a call.
 *
 * @param what names the schema in the message: `inputSchema of the tool "echo"`
 * @throws ConfigurationError where the schema cannot be described to clients
 */
export function describedOnce<S extends StandardSchemaWithJSON>(
  schema: S,
  what: string,
  io: "input" | "output",
): S {
  const standard = schema["~standard"] as StandardSchemaWithJSON["~standard"] | undefined;
  if (typeof standard?.validate !== "function" || standard.jsonSchema === undefined) {
    throw new ConfigurationError(
      `The ${what} is not a schema that can be shown to clients. Write z.object({ … }) from zod 4.2 or later, or ` +
        "fromJsonSchema(…) from @modelcontextprotocol/server.",
    );
  }
  const cached = cachedJsonSchema(standard.jsonSchema);
  const described = describe(() => cached[io]({ target: DIALECT }), what);
  if (io === "input" && described.type !== undefined && described.type !== "object") {
    throw new ConfigurationError(
      `The ${what} describes a ${described.type}; it must be an object: z.object({ … }).`,
    );
  }
  // Inherits from the schema: completable prompt arguments are found through its shape.
  return Object.create(schema, {
    "~standard": { value: Object.create(standard, { jsonSchema: { value: cached } }) },
  });
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
