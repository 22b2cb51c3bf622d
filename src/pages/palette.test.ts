import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contrastOf, madeReadable, mixed } from "./contrast.ts";
import { palettesOf, unreadableIn } from "./palette.ts";

const color = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, "0")}`);

describe("contrast", () => {
  it("is as WCAG counts it", () => {
    expect(contrastOf("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(contrastOf("#ffffff", "#000000")).toBeCloseTo(21, 5);
    expect(contrastOf("#777777", "#ffffff")).toBeCloseTo(4.478, 3);
    expect(contrastOf("#2a4fc9", "#2a4fc9")).toBe(1);
  });

  it("is reached from any color on any ground, by no more than it takes", () => {
    fc.assert(
      fc.property(color, color, (text, ground) => {
        const made = madeReadable(text, ground, 4.5);
        expect(contrastOf(made, ground)).toBeGreaterThanOrEqual(4.5);
        if (contrastOf(text, ground) >= 4.5) expect(made).toBe(text);
      }),
    );
  });

  it("of a mixture is between those of its parts", () => {
    expect(mixed("#000000", "#ffffff", 0.5)).toBe("#808080");
    expect(mixed("#123456", "#ffffff", 1)).toBe("#123456");
  });
});

describe("the palettes", () => {
  it("are readable as they are built in", () => {
    const { light, dark } = palettesOf();
    expect(unreadableIn(light)).toBeUndefined();
    expect(unreadableIn(dark)).toBeUndefined();
  });

  it("make all that goes with an accent of it, so that it is readable or the accent is to blame", () => {
    fc.assert(
      fc.property(color, (accent) => {
        const { light, dark } = palettesOf({ accent });
        expect(unreadableIn(dark)).toBeUndefined();
        const problem = unreadableIn(light);
        if (problem) expect(problem).toMatchObject({ color: "accent", on: "sheet" });
        else expect(contrastOf(accent, light.sheet)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  it("leave the built-in accent of one scheme where only the other's is chosen", () => {
    expect(palettesOf({}, { accent: "#7ad9b8" }).light).toEqual(palettesOf().light);
    expect(palettesOf({ sheet: "#fffdf8" }).dark).toEqual(palettesOf().dark);
  });
});
