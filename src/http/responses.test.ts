import { describe, expect, it } from "vitest";
import { withPictures } from "./responses.ts";

describe("what a page may load", () => {
  it("has the sources of its pictures in one directive, since browsers read only the first of a name", () => {
    expect(withPictures("style-src 'self'", [])).toBe("style-src 'self'");
    expect(withPictures("style-src 'self'", ["data:", "https://a.example"])).toBe(
      "style-src 'self'; img-src data: https://a.example",
    );
    expect(withPictures("img-src data:; style-src 'self'", ["data:", "https://a.example"])).toBe(
      "style-src 'self'; img-src data: https://a.example",
    );
  });

  it.each(["https://a;frame-ancestors", "https://a b", "https://a,b", "'self'", "http://a.example", "*"])(
    "takes no source that says more than where pictures are: %s",
    (source) => {
      expect(() => withPictures("style-src 'self'", [source])).toThrow(
        "A page cannot have the source of pictures",
      );
    },
  );
});
