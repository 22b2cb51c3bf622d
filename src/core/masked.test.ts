import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { masked, maskedJson } from "./masked.ts";

const inUrl = (text: string) => encodeURIComponent(text);
const inForm = (text: string) => new URLSearchParams({ key: text }).toString();
const inJson = (text: string) => JSON.stringify({ key: text });
const inBase64 = (text: string) => Buffer.from(text).toString("base64");
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in an address": inUrl,
  "in an address, in small letters": (text) => inUrl(text).replaceAll(/%../g, (byte) => byte.toLowerCase()),
  "in a form": inForm,
  "in JSON": inJson,
  "in JSON in JSON": (text) => inJson(inJson(text)),
  "in base64": inBase64,
  "in Basic credentials": (text) => `Basic ${inBase64(`user:${text}`)}`,
  "in Basic credentials, before a colon": (text) => `Basic ${inBase64(`${text}:x`)}`,
  "in base64url": (text) => Buffer.from(`ab${text}c`).toString("base64url"),
  "in base64 in an address": (text) => inUrl(inBase64(text)),
  "in hexadecimal": (text) => Buffer.from(text).toString("hex"),
};

/** Keys and tokens are visible ASCII; the ones that escape in some encoding are tried more often. */
const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const awkward = fc.constantFrom('"', "\\", "/", "+", "%", "&", "'", "<", "=", "n", "u");
const secrets = fc.string({
  unit: fc.oneof(visible, visible, awkward),
  minLength: 8,
  maxLength: 60,
});
const anything = fc.string({ unit: "grapheme", maxLength: 40 });

describe("no secret comes out of a text that has it", () => {
  it.each(Object.entries(ENCODINGS))("%s", (_where, encode) => {
    fc.assert(
      fc.property(secrets, anything, anything, (secret, before, after) => {
        const shown = masked(`${before} ${encode(secret)} ${after}`, [secret]);
        expect(shown).toContain("[hidden]");
        expect(shown.slice(before.length, shown.length - after.length)).not.toContain(encode(secret));
        expect(shown).not.toContain(secret);
      }),
      { numRuns: 300 },
    );
  });

  it("at each place in what base64 has around it", () => {
    fc.assert(
      fc.property(
        secrets,
        fc.string({ maxLength: 9 }),
        fc.string({ maxLength: 9 }),
        (secret, before, after) => {
          for (const alphabet of ["base64", "base64url"] as const) {
            const shown = masked(Buffer.from(before + secret + after).toString(alphabet), [secret]);
            expect(shown).toContain("[hidden]");
            // What is left are the neighbours, and at most a few bits of the first and of the last byte.
            expect(shown.replace("[hidden]", "").length).toBeLessThan(
              ((before + after).length * 3 * 4) / 3 + 8,
            );
          }
        },
      ),
    );
  });

  it("where one is a part of another one", () => {
    expect(masked("a first-secret-and-more b", ["first-secret", "first-secret-and-more"])).toBe(
      "a [hidden] b",
    );
  });

  it("of whatever characters it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 8 }), (secret) => {
        const whole = secret.toWellFormed();
        for (const text of [whole, inUrl(whole), inJson(whole)]) {
          expect(masked(`< ${text} >`, [secret])).toContain("[hidden]");
        }
      }),
    );
  });
});

describe("masked", () => {
  it("leaves every other text as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(masked(text, ["not-in-any-text-0123456789"])).toBe(text);
      }),
    );
    expect(masked('a "quoted" %41 &amp; \\n text', ["the-secret"])).toBe('a "quoted" %41 &amp; \\n text');
  });

  it("leaves what is around a secret, and hides no word that is as short as others", () => {
    expect(masked("GET /?a=%20&key=a%22secret&b=%20", ['a"secret'])).toBe("GET /?a=%20&key=[hidden]&b=%20");
    expect(masked("abc", ["abc", ""])).toBe("abc");
  });
});

describe("maskedJson", () => {
  it("hides in texts, names and numbers, and keeps the shape whatever the secret has in it", () => {
    const breaking = '","a":"b';
    const given = { [`x ${breaking}`]: [breaking, 1, null, true], number: 1234567890 };
    expect(maskedJson(given, new Set([breaking, "1234567890"]))).toEqual({
      "x [hidden]": ["[hidden]", 1, null, true],
      number: "[hidden]",
    });
  });

  it("is nothing for what is no JSON", () => {
    const ring: { self?: unknown } = {};
    ring.self = ring;
    for (const value of [undefined, ring, 1n])
      expect(maskedJson(value, new Set(["the-secret"]))).toBeUndefined();
  });
});
