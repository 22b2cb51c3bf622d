import { z } from "zod";
import type { ReadVariable } from "./variables.ts";

/**
 * What there is to say of an option beside its schema. Variables, flags, `--help`, the type that editors show and
 * docs/options.md are all made from this and from the schema's default.
 */
export type Declaration = {
  /** One sentence. */
  readonly says: string;
  /** What docs/options.md adds, in Markdown. */
  readonly more?: string;
  /** The variables that set it, and how their text is read. The first one that sets it wins. */
  readonly variables?: Readonly<Record<string, ReadVariable>>;
  /** How its text is read where the name of its variable depends on what the option is of; undefined where text can't say it. */
  readonly fromText?: ReadVariable;
  /** Its flag, as Commander takes it. */
  readonly flag?: string;
  /** What holds where nothing is given, for a schema without a default. "none" unless said. */
  readonly otherwise?: string;
};

/** The options that are declared: each schema registers itself here, in the table that it stands in. */
export const declared = z.registry<Declaration>();

/** The options of a kind of server: name or symbol → schema. */
export type OptionTable = Readonly<Record<PropertyKey, z.ZodType>>;

export type DeclaredOption = Declaration & {
  /** As variables and messages name it: `port`, `tls.cert`, `allowInsecurePublicUrl`. */
  readonly path: string;
  /** A symbol where the option is dangerous, so that one can search for it. */
  readonly key: PropertyKey;
  readonly schema: z.ZodType;
  /** Those that stand in this one, where it is an object. */
  readonly parts: readonly DeclaredOption[];
};

/** Each option of a table. An option without a declaration is a mistake in this package. */
export function declaredOptions(table: OptionTable, within = ""): readonly DeclaredOption[] {
  return Reflect.ownKeys(table).map((key) => {
    const path = `${within}${typeof key === "symbol" ? key.description : key}`;
    const schema = table[key];
    const declaration = schema && declared.get(schema);
    if (!declaration) throw new Error(`The option ${path} is not declared.`);
    const inside = tableIn(schema);
    const parts = inside ? declaredOptions(inside, `${path}.`) : [];
    return { ...declaration, path, key, schema, parts };
  });
}

/** Each option and, behind it, those that stand in it. */
export function withParts(options: readonly DeclaredOption[]): readonly DeclaredOption[] {
  return options.flatMap((option) => [option, ...withParts(option.parts)]);
}

/** What holds where nothing is given, in Markdown. */
export function fallbackOf({ schema, path, otherwise = "none" }: DeclaredOption): string {
  const values: readonly unknown[] = [schema.safeParse(undefined).data].flat();
  const shown = values.filter((value) => PLAIN.has(typeof value) && value !== "");
  if (shown.length === 0) return otherwise;
  const days = path.endsWith("Seconds") ? Number(shown[0]) / DAY_SECONDS : 0;
  return `${shown.map((value) => `\`${value}\``).join(", ")}${days > 1 ? ` (${days} days)` : ""}`;
}

const PLAIN: ReadonlySet<string> = new Set(["string", "number", "boolean"]);
const DAY_SECONDS = 24 * 60 * 60;

/** The names that may stand at a path of the options. */
export function namesAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly PropertyKey[] {
  const inside = path.reduce<z.core.$ZodType | undefined>(
    (outer, part) => (typeof part === "number" ? elementOf(outer) : tableIn(outer)?.[part]),
    schema,
  );
  return Reflect.ownKeys(tableIn(inside) ?? tableAmong(inside) ?? {});
}

function tableIn(schema: z.core.$ZodType | undefined): OptionTable | undefined {
  const inner = withoutDefault(schema);
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

/** Of what may be a text or an object, the object's. */
function tableAmong(schema: z.core.$ZodType | undefined): OptionTable | undefined {
  const inner = withoutDefault(schema);
  return inner instanceof z.ZodUnion ? inner.options.map(tableIn).find(Boolean) : undefined;
}

function elementOf(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const inner = withoutDefault(schema);
  return inner instanceof z.ZodArray ? inner.element : undefined;
}

function withoutDefault(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  // What a short form is made into before it is checked.
  if (schema instanceof z.ZodPipe) return withoutDefault(schema.out);
  const isWrapped =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapped ? withoutDefault(schema.unwrap()) : schema;
}
