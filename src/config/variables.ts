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

export const list = (value: string): readonly string[] =>
  value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

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
