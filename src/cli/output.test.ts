import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  bold,
  dim,
  print,
  printError,
  printJson,
  printPairs,
  printRow,
  printTable,
  warning,
} from "./output.ts";

const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** The few colours that are ours. */
const OWN = /\p{Cc}\[(1|2|22|33|39)m/gu;

let written: string;
beforeEach(() => {
  written = "";
  const keep = (text: string | Uint8Array): boolean => {
    written += String(text);
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(keep);
  vi.spyOn(process.stderr, "write").mockImplementation(keep);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const hostile = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom(
      "\u001b[2J",
      "\u009b31m",
      "\u001b]0;owned\u0007",
      "\u202e",
      "\u2066",
      "\u2028",
      "\u{e0041}",
    ),
    fc.string({ unit: "grapheme", maxLength: 2 }),
  ),
  maxLength: 12,
});

const WAYS: Readonly<Record<string, (text: string) => void>> = {
  print: (text) => print(`Disabled: ${text}.`),
  "print, in bold": (text) => print(`Disabled: ${bold(text)} ${dim(text)} ${warning(text)}.`),
  printError: (text) => printError(`gatehouse: ${text}`),
  printPairs: (text) =>
    printPairs([
      ["name", text],
      ["id", bold(text)],
    ]),
  printTable: (text) =>
    printTable(
      ["NAME", "ID"],
      [
        [text, "1"],
        ["a", text],
      ],
    ),
  printRow: (text) => printRow([text, text], [5, 5]),
  printJson: (text) => printJson({ [text]: [text] }),
};

describe.each(["0", "1"])(
  "with FORCE_COLOR=%s, nothing that a stranger chose controls the terminal",
  (color) => {
    test.each(Object.entries(WAYS))("%s", (_name, way) => {
      vi.stubEnv("FORCE_COLOR", color);
      fc.assert(
        fc.property(hostile, (text) => {
          written = "";
          way(text);
          for (const line of written.replace(OWN, "").split("\n")) expect(line).not.toMatch(OBEYED);
        }),
      );
    });
  },
);

test("a value makes no line of its own", () => {
  printPairs([["name", "a\nclient_id  b"]]);
  printTable(["NAME"], [["a\nb"]]);
  expect(written.trimEnd().split("\n")).toHaveLength(3);
});

test("JSON still says what it was", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      written = "";
      printJson({ text });
      expect(JSON.parse(written)).toEqual({ text });
    }),
  );
});

test("text of several lines, and our own colours, are printed as they are", () => {
  vi.stubEnv("FORCE_COLOR", "1");
  const text = `One\n  ${bold("two")} ${dim("three")} ${warning("four – é 漢 😀")}`;
  print(text);
  expect(written).toBe(`${text}\n`);
});
