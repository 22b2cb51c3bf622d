import { ConfigurationError } from "../core/errors.ts";
import { meantName } from "./misspelling.ts";

/** Where a wrong value stands: `["clients", 0, "id"]`. */
export type OptionPath = readonly (string | number)[];

/** What the person wrote a value under: an option's name, or the environment variable that it came from. */
export type Label = (path: OptionPath) => string;

/** The option's own name: `clients[0].id`. */
export const optionLabel: Label = (path) =>
  path.map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`)).join("");

/**
 * The sentence about one wrong value. It begins with the option, so that the command can put its flag there.
 * @param must what would be right, as the end of "it must be …".
 */
export function wrongValue(label: string, given: unknown, must: string): ConfigurationError {
  return new ConfigurationError(`${label} is ${saidOf(label, given)}; it must be ${must}.`);
}

/**
 * @param argument how the message names what should hold options: "The third argument"
 * @throws ConfigurationError for what is no object, which a caller without types can give
 */
export function requireOptions(argument: string, given: unknown, example: string): void {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return;
  throw wrongValue(argument, given, `an object with options, such as ${example}`);
}

/** The path of a problem, in the names that stand in the options: a symbol goes by its own. */
export function namedPath(path: readonly PropertyKey[]): OptionPath {
  return path.map((part) => (typeof part === "symbol" ? (part.description ?? "") : part));
}

/** What was given at a path of the options. */
export function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    given,
  );
}

/** The sentence about a name in an option that holds values by name. */
export function wrongName(label: string, name: string, must: string): ConfigurationError {
  return new ConfigurationError(`${label} names ${shown(name)}; it must be ${must}.`);
}

/**
 * The sentence about a name that is no option, with the one that was probably meant.
 * @param known the options that there are; a dangerous one is a symbol
 */
export function unknownName(label: string, known: readonly PropertyKey[]): ConfigurationError {
  const name = label.slice(label.lastIndexOf(".") + 1);
  if (known.some((key) => typeof key === "symbol" && key.description === name)) {
    return new ConfigurationError(
      `${label} is a symbol, so that it can be found. Import ${name} from mcp-gatehouse, and write [${name}] instead of ${name}.`,
    );
  }
  const names = known.filter((key) => typeof key === "string");
  const near = meantName(name, names);
  return new ConfigurationError(
    `${label} is not an option. ${near ? `Did you mean ${near}?` : `The options are: ${names.join(", ")}.`}`,
  );
}

/** Options whose value is never repeated, wherever they stand. */
const SECRET = /secret|password$|token$|(\b|private)key$|_KEY$|jwks$/i;
/** Options that hold mail addresses, which are shown where they are no URL. */
const ADDRESSES = /(^|[._]|--)(admit|deny|from|emails?|mail)([._[]|$)/i;
const LONGEST_SHOWN = 100;

function saidOf(label: string, given: unknown): string {
  if (given === undefined) return "missing";
  if (given === "") return "empty";
  return SECRET.test(label) ? "not usable" : shown(given, ADDRESSES.test(label));
}

/**
 * A URL may hold a password, and one that is not encoded ends where no parser says; where its scheme or slashes are misspelt, it
 * begins where none says. So nothing before the last "@" is shown, but for a scheme.
 */
export function withoutCredentials(given: string): string {
  return given
    .replace(/^(\s*["']?(?:[a-z]*:?\/\/|(?:postgre[a-z]*|mysql|smtps?|https?):\/?))?.+@/is, "$1…@")
    .replace(/(password=)[^&]*/gi, "$1…");
}

/** What can't be seen, or turns the sentence around, by its code point. */
function escaped(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (one) => `\\u{${one.codePointAt(0)?.toString(16).padStart(4, "0")}}`,
  );
}

function shown(given: unknown, isAddress = false): string {
  if (typeof given === "string") {
    const text = isAddress && !given.includes("//") ? given : withoutCredentials(given);
    return escaped(JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text));
  }
  if (Array.isArray(given)) return given.length === 0 ? "an empty list" : "a list";
  if (typeof given === "function") return "a function";
  if (typeof given === "object" && given !== null) return "an object";
  return String(given);
}
