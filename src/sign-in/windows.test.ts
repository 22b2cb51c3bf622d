import { expect, test } from "vitest";
import { createWindows } from "./windows.ts";

test("a window ends by its time, not by the last count", () => {
  let now = 0;
  const windows = createWindows({ points: 2, seconds: 10 }, () => now);
  windows.count("a");
  now = 9_000;
  windows.count("a");
  expect(windows.wait("a")).toBe(1);
  expect(windows.wait("b")).toBe(0);
  now = 10_000;
  expect(windows.wait("a")).toBe(0);
});

test("what is given back leaves room, and never more than there was", () => {
  const windows = createWindows({ points: 1, seconds: 10 }, () => 0);
  windows.count("a");
  windows.giveBack("a");
  windows.giveBack("a");
  windows.giveBack("b");
  expect(windows.wait("a")).toBe(0);
  windows.count("a");
  expect(windows.wait("a")).toBe(10);
  windows.forget("a");
  expect(windows.wait("a")).toBe(0);
});

test("the most recently used are kept where there are too many", () => {
  const windows = createWindows({ points: 1, seconds: 10 }, () => 0);
  windows.count("first");
  for (let i = 0; i < 50_000; i++) windows.count(String(i));
  expect(windows.wait("first")).toBe(0);
  expect(windows.wait("49999")).toBe(10);
});
