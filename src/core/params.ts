import { OAuthError, quoted } from "./errors.ts";

/** Parameters of a query or a form body. Every one is there once, except `resource` (RFC 8707 §2). */
export type Params = {
  /** The value, or undefined where it is missing or empty (RFC 6749 §3.1: an empty one counts as omitted). */
  get(name: string): string | undefined;
  /** Every value of a parameter that may be repeated. */
  all(name: string): readonly string[];
  /** Names that stand more than once and must not. */
  readonly repeated: readonly string[];
};

const REPEATABLE = new Set(["resource"]);

/** Reads `application/x-www-form-urlencoded` text: a query, or a body. Never throws: `repeated` says what is off. */
export function readParams(text: string, repeatable: ReadonlySet<string> = REPEATABLE): Params {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (value === "") continue;
    const list = values.get(name);
    if (list) list.push(value);
    else values.set(name, [value]);
  }
  return {
    get: (name) => values.get(name)?.[0],
    all: (name) => values.get(name) ?? [],
    repeated: [...values]
      .filter(([name, list]) => list.length > 1 && !repeatable.has(name))
      .map(([name]) => name),
  };
}

/** The same, where a repeated parameter is answered at once. */
export function readParamsOnce(text: string, repeatable?: ReadonlySet<string>): Params {
  const params = readParams(text, repeatable);
  const [first] = params.repeated;
  if (first !== undefined) {
    throw new OAuthError("invalid_request", `The parameter ${quoted(first)} is repeated.`);
  }
  return params;
}

/** The value of a parameter that must be there. */
export function requireParam(params: Params, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw new OAuthError("invalid_request", `The parameter ${name} is missing.`);
  return value;
}
