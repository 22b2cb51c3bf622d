import { expect, test } from "vitest";
import { createRegistrationCeiling } from "./registration-ceiling.ts";

const start = 1_000_000;

test("as many pass at once as in a minute, then one by one", () => {
  let now = start;
  const ceiling = createRegistrationCeiling(() => now, 60);
  for (let i = 0; i < 60; i += 1) expect(ceiling.take()).toBe(0);
  expect(ceiling.take()).toBe(1);
  now += 1000;
  expect(ceiling.take()).toBe(0);
  expect(ceiling.take()).toBe(1);
});

test("waiting never fills it above one minute's worth", () => {
  let now = start;
  const ceiling = createRegistrationCeiling(() => now, 3);
  now += 3_600_000;
  for (let i = 0; i < 3; i += 1) expect(ceiling.take()).toBe(0);
  expect(ceiling.take()).toBe(20);
});

test("one that is given back can be taken again", () => {
  const ceiling = createRegistrationCeiling(() => start, 1);
  expect(ceiling.take()).toBe(0);
  ceiling.giveBack();
  expect(ceiling.take()).toBe(0);
  expect(ceiling.take()).toBe(60);
});

test("a clock that is set back costs nobody anything", () => {
  let now = start;
  const ceiling = createRegistrationCeiling(() => now, 60);
  now -= 3_600_000;
  expect(ceiling.take()).toBe(0);
});
