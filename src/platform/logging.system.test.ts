import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLog } from "./logging.ts";

/** What a terminal obeys (C0, DEL, C1), and what reorders or hides the text around it. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

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
      "\\u001b",
      "\\",
      '"',
    ),
    fc.string({ unit: "grapheme", maxLength: 2 }),
  ),
  maxLength: 12,
});

/** The lines of a log that a process of its own writes. */
function written(pretty: boolean, texts: readonly string[]): string {
  const program = `
    import { readFileSync } from "node:fs";
    import { createLog } from ${JSON.stringify(import.meta.resolve("./logging.ts"))};
    const log = createLog({ level: "debug", pretty: ${pretty} });
    for (const text of JSON.parse(readFileSync(0, "utf8"))) {
      log.event("client.refused", { reason: text, deep: { list: [text] }, [text]: 1 });
      log.error(text, { cause: new Error(text, { cause: text }) });
      log.info(text);
      log.debug("debug", { text });
    }`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    input: JSON.stringify(texts),
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout;
}

describe("nothing that a stranger chose controls the terminal", () => {
  test.each([
    ["pretty lines", true],
    ["lines of JSON", false],
  ])("%s", (_form, pretty) => {
    const texts = fc.sample(hostile, 200);
    for (const line of written(pretty, texts).split("\n")) expect(line).not.toMatch(OBEYED);
  });

  test("and a line of JSON still says what it was", () => {
    const lines: string[] = [];
    const log = createLog({
      level: "info",
      pretty: false,
      destination: { write: (line) => lines.push(line) },
    });
    fc.assert(
      fc.property(hostile, (text) => {
        log.event("guard.refused", { reason: text });
        expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ reason: text.toWellFormed() });
      }),
    );
  });

  test("nor does it make a line of its own", () => {
    const [first, ...others] = written(true, ["a\n[12:00:00] INFO: sign_in.ok"]).split("\n");
    expect(first).toContain("client.refused");
    expect(others.filter((line) => line.startsWith("[12:00:00]"))).toEqual([]);
  });
});

describe("a process whose log nobody reads any more", () => {
  test.each([
    ["process.exit(3)", 3],
    ["throw new Error()", 1],
  ])("ends by %s with the status that it means: %d", async (end, status) => {
    const program = `
      import { createLog } from ${JSON.stringify(import.meta.resolve("./logging.ts"))};
      const log = createLog({ level: "info", pretty: false });
      for (let line = 0; line < 20_000; line += 1) log.info("x".repeat(100));
      ${end}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    child.stdout.destroy();
    const [code] = await once(child, "exit");
    expect(code).toBe(status);
  });
});
