import { expect, test } from "vitest";
import { randomDigits, randomId, randomSecret } from "./random.ts";

test("ids have 128 bits and secrets 256, in base64url", () => {
  expect(randomId()).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(randomSecret()).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test("none comes twice, and none shares bytes with the one beside it, however many are drawn", () => {
  const drawn = Array.from({ length: 5000 }, (_, i) => (i % 3 === 0 ? randomSecret() : randomId()));
  expect(new Set(drawn).size).toBe(drawn.length);
  // Any six bytes that stand twice would mean that a byte was used twice.
  const pieces = drawn.flatMap((text) => {
    const bytes = Buffer.from(text, "base64url");
    return [bytes.toString("hex", 0, 6), bytes.toString("hex", bytes.length - 6)];
  });
  expect(new Set(pieces).size).toBe(pieces.length);
});

test("no id is one that a command takes for an option", () => {
  const ids = Array.from({ length: 5000 }, randomId);
  expect(ids.filter((id) => id.startsWith("-"))).toEqual([]);
});

test("every bit of an id is used", () => {
  const [ones, zeros] = [Buffer.alloc(16), Buffer.alloc(16)];
  for (let i = 0; i < 500; i += 1) {
    for (const [at, byte] of Buffer.from(randomId(), "base64url").entries()) {
      ones[at] = (ones[at] ?? 0) | byte;
      zeros[at] = (zeros[at] ?? 0) | ~byte;
    }
  }
  expect([...ones, ...zeros].every((byte) => byte === 0xff)).toBe(true);
});

test("digits are as many as asked for, and each of the ten is in every place", () => {
  const drawn = Array.from({ length: 1000 }, () => randomDigits(6));
  expect(drawn.every((code) => /^\d{6}$/.test(code))).toBe(true);
  for (let place = 0; place < 6; place++) expect(new Set(drawn.map((code) => code[place])).size).toBe(10);
});
