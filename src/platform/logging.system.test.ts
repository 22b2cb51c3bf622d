import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { HAS_TERMINALS, temporaryFolder } from "../../test/support/processes/command.ts";
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

const ON_TERMINAL = 'script --quiet --return --command "$RUN" /dev/null';

describe.each([
  ["process.exit(3)", 3],
  ["throw new Error()", 1],
  ["process.exitCode = 3", 3],
])("a process that ends by %s", (end, status) => {
  test.each<readonly [where: string, command: string]>([
    ["a pipe", "{ $RUN; echo status=$? >&2; } | cat"],
    ["a pipe that is read late", "mkfifo full; { $RUN; echo status=$? >&2; } | { read _ < full; cat; }"],
    ["a file", "$RUN > log; echo status=$? >&2; cat log"],
    ...(HAS_TERMINALS ? [["a terminal", `${ON_TERMINAL}; echo status=$? >&2`] as const] : []),
  ])("has written its last lines to %s", async (_what, command) => {
    const { stdout, stderr } = await inShell(command, `write(2000); writeFileSync("full", "\\n");\n${end};`);
    expect(stderr).toContain(`status=${status}`);
    expect(numbersIn(stdout)).toEqual(upTo(2000));
  });

  test.skipIf(!existsSync("/dev/full"))("keeps its status where the disk is full", async () => {
    const { stderr } = await inShell(
      "$RUN > /dev/full; echo status=$? >&2",
      `write(20_000);\nsetTimeout(() => {\n${end};\n}, 50);`,
    );
    expect(stderr).toContain(`status=${status}`);
  });

  test("keeps its status where nobody has ever read its log", async () => {
    const child = startLogging(`write(20_000); ${end};`);
    child.stdout?.destroy();
    expect(await once(child, "exit")).toEqual([status, null]);
  });

  test.each([
    ["is gone", (child: ChildProcess) => child.stdout?.destroy()],
    ["reads no more", () => {}],
  ])("keeps its status where the reader of a full pipe %s", async (_how, whenFull) => {
    const child = startLogging(`write(20_000); whenTold(() => { write(1); ${end}; });`);
    await once(child, "message");
    whenFull(child);
    child.send("end");
    expect(await once(child, "exit")).toEqual([status, null]);
  });
});

test.each([
  [
    "text",
    { cause: new Error("x".repeat(2_000_000)) },
    { err: { message: expect.stringMatching(/^x{4096} … \(2000000 characters\)$/) } },
  ],
  [
    "number of fields",
    Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`field${n}`, n])),
    { cut: "too long for the log" },
  ],
])("a line with too long a %s is cut, and those beside it are whole", (_, fields, rest) => {
  const lines: string[] = [];
  const log = createLog({
    level: "info",
    pretty: false,
    destination: { write: (line) => void lines.push(line) },
  });
  log.info("before");
  log.error("too long", fields);
  log.info("after");
  const read = lines.map((line) => JSON.parse(line));
  expect(read).toMatchObject([{ msg: "before" }, { level: 50, msg: "too long", ...rest }, { msg: "after" }]);
  expect(lines[1]?.length).toBeLessThan(2 ** 16);
});

test("a slow reader gets the lines that had room, how many had none, and those that follow", async () => {
  const child = startLogging("write(20_000); whenTold(() => write(1));");
  await once(child, "message");
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await expect.poll(() => output, { timeout: 30_000 }).toContain('"lost"');
  child.send("end");
  await once(child, "close");
  const numbers = numbersIn(output);
  const lost = Number(/"lost":(\d+)/.exec(output)?.[1]);
  expect(lost).toBeGreaterThan(0);
  expect(numbers).toEqual([...upTo(20_000 - lost), 0]);
});

/** 2000 lines are more than a pipe takes, and 20,000 are more than waits for it. */
const program = (rest: string) => `
  import { writeFileSync } from "node:fs";
  import { createLog } from ${JSON.stringify(import.meta.resolve("./logging.ts"))};
  const log = createLog({ level: "info", pretty: process.stdout.isTTY === true });
  const write = (count) => {
    for (let line = 0; line < count; line += 1) log.info("line=" + line + " " + "x".repeat(100));
  };
  const whenTold = (act) => {
    process.once("message", () => {
      process.disconnect();
      act();
    });
    process.send("ready");
  };
  ${rest}`;

function startLogging(rest: string): ChildProcess {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program(rest)], {
    stdio: ["ignore", "pipe", "ignore", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** @param command runs the program by $RUN */
async function inShell(command: string, rest: string) {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, "program.mjs"), program(rest));
  const env = { ...process.env, RUN: `${process.execPath} program.mjs`, SHELL: "/bin/sh" };
  return spawnSync("sh", ["-c", command], { cwd, env, encoding: "utf8", maxBuffer: 2 ** 24 });
}

const numbersIn = (output: string) => [...output.matchAll(/line=(\d+)/g)].map(([, number]) => Number(number));
const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);
