/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the text of a variable sets its option to; undefined where the variable is another program's.
 * @param path the MCP path, where the code gives it
 */
export type ReadVariable = (text: string, environment: Environment, path?: string) => unknown;

export const text: ReadVariable = (value) => value;

/** What is no number, or neither true nor false, stays text: the schema refuses it and shows it. */
export const number: ReadVariable = (value) => (/^\d+$/.test(value) ? Number(value) : value);
export const boolean = (value: string): unknown => BOOLEANS.get(value.toLowerCase()) ?? value;

/** The items between commas. */
export const items = (value: string): readonly string[] =>
  value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

/** What holds no item, such as a lone comma, stays text, which the schema refuses: an empty list may be a rule that lets nothing in. */
export const list = (value: string): unknown => {
  const all = items(value);
  return all.length === 0 ? value : all;
};

/** A text where there is one, and a list where there are several. */
export const oneOrList: ReadVariable = (value) => {
  const all = items(value);
  return all.length === 1 ? all[0] : all;
};

/** As a scope parameter has them, or with commas. */
export const words: ReadVariable = (value) => value.split(/[\s,]+/).filter((word) => word !== "");

/** `organization=org_123, screen_hint=login` as an object. What is not of this form stays text, which the schema refuses. */
export const pairs: ReadVariable = (value) => {
  const parts = items(value).map((one) => one.split(/=(.*)/s, 2).map((part) => part.trim()));
  return parts.every(([name, text]) => name && text) ? Object.fromEntries(parts) : value;
};

/** PEM, or a JSON Web Key. What is neither stays text, which is refused without being shown. */
export const privateKey: ReadVariable = (value) => {
  if (!value.startsWith("{")) return value.replaceAll("\\n", "\n");
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

const BOOLEANS = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["off", false],
]);
