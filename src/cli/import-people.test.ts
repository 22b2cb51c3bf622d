import { expect, it } from "vitest";
import { lineNumbers } from "./import-people.ts";

it.each([
  [[3], "line 3"],
  [[3, 4], "lines 3–4"],
  [[1, 3, 4, 5, 9], "lines 1, 3–5, 9"],
])("the lines %j are named as %s", (lines, text) => expect(lineNumbers(lines)).toBe(text));
