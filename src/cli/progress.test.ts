import { describe, expect, it } from "vitest";
import type { CopyProgress } from "../store/maintenance/copy.ts";
import { type ProgressStream, progressDisplay } from "./progress.ts";

function screen(stream: Omit<ProgressStream, "write"> = {}) {
  let [written, now] = ["", 0];
  const display = progressDisplay(
    {
      ...stream,
      write(text) {
        written += text;
      },
    },
    () => now,
  );
  return {
    display,
    written: () => written,
    /** Shows a number of rows after so many milliseconds. */
    pass(milliseconds: number, rows: number, changes: Partial<CopyProgress> = {}) {
      now += milliseconds;
      display.show({ doing: "copying", table: "grants", rows, total: 1_000_000, ...changes });
    },
  };
}

describe("progress", () => {
  it("elsewhere than on a terminal is a line for each table, and now and then one in a large table", () => {
    const { pass, written, display } = screen();
    pass(1, 500);
    pass(9_998, 400_000);
    pass(1, 400_500);
    pass(1, 401_000);
    pass(1, 1_000_000);
    pass(1, 3, { doing: "checking", table: "audit", total: 3 });
    display.end();
    expect(written()).toBe(
      "copying grants: 400,500 of 1,000,000\ncopying grants: 1,000,000 of 1,000,000\nchecking audit: 3 of 3\n",
    );
  });

  it("on a terminal is one line, drawn anew in its place and gone at the end", () => {
    const { pass, written, display } = screen({ isTTY: true, columns: 100 });
    pass(100, 500_000);
    pass(1, 500_500);
    pass(100, 1_000_000);
    display.end();
    const [before, half, whole, end] = written().split("\r\u001b[2K");
    expect(before).toBe("");
    expect(half).toMatch(/^copying grants +█{10}░{10} {2}50% {2}500,000 of 1,000,000$/);
    expect(whole).toMatch(/█{20} 100%/);
    expect(end).toBe("");
  });

  it("never takes a second line of a narrow terminal", () => {
    const { pass, written } = screen({ isTTY: true, columns: 40 });
    pass(100, 500_000);
    for (const line of written().split("\r\u001b[2K")) expect(line.length).toBeLessThan(40);
  });

  it("fits the usual terminal with ten million rows, and one that does not say how wide it is", () => {
    const { pass, written } = screen({ isTTY: true, columns: 0 });
    pass(100, 9_999_999, { total: 10_000_000 });
    expect(written()).toContain("99%  9,999,999 of 10,000,000");
  });

  it("is whole where a table grew while it was counted", () => {
    const { pass, written } = screen({ isTTY: true, columns: 100 });
    pass(100, 1_000_001);
    expect(written()).toContain("100%");
  });
});
