import { z } from "zod";
import { namedPath, optionLabel, unknownName, valueAt, wrongValue } from "../config/problems.ts";
import { ConfigurationError } from "../core/errors.ts";

/** Text that is not empty. */
export const text = (must: string) => z.string(must).min(1, must);

/** One text, or a list of them. */
export const texts = (must: string) => z.union([text(must), z.array(text(must)).min(1, must)], must);

export const audience = texts(
  "what the provider puts into `aud` for this server, as text or a list of texts",
);

/** @throws ConfigurationError that names the value, what was given, and what would be right. */
export function parseValues<Schema extends z.ZodObject>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const known = Object.keys(schema.shape);
  if (issue?.code === "unrecognized_keys")
    throw unknownName(issue.keys[0] ?? "", Reflect.ownKeys(schema.shape));
  const [name = ""] = namedPath(issue?.path ?? []);
  if (typeof given !== "object" && given !== undefined) {
    throw new ConfigurationError(`The values must be an object with ${known.join(", ")}.`);
  }
  throw wrongValue(
    optionLabel([name]),
    valueAt(given, issue?.path.slice(0, 1) ?? []),
    issue?.message ?? "different",
  );
}
