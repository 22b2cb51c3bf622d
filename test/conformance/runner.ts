import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type Outcome = {
  readonly exitCode: number | null;
  /** Scenario → how many of its checks passed and failed, as the runner prints them. */
  readonly scenarios: ReadonlyMap<string, { readonly passed: number; readonly failed: number }>;
  readonly output: string;
};

const resolve = createRequire(import.meta.url).resolve;
const PACKAGE = dirname(resolve("@modelcontextprotocol/conformance/package.json"));
const SCENARIO_LINE = /^[✓✗] (\S+): (\d+) passed, (\d+) failed/gmu;

/** Runs the server scenarios that a revision requires. */
export async function runServerScenarios(url: string, revision: string): Promise<Outcome> {
  const results = await mkdtemp(join(tmpdir(), "gatehouse-conformance-"));
  try {
    const { exitCode, output } = await run([
      "server",
      "--url",
      url,
      "--requirements",
      revision,
      "-o",
      results,
    ]);
    const scenarios = new Map(
      [...output.matchAll(SCENARIO_LINE)].map(([, name, passed, failed]) => [
        name ?? "",
        { passed: Number(passed), failed: Number(failed) },
      ]),
    );
    return { exitCode, scenarios, output };
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

/** The server scenarios that count for a revision, from the runner's own list. */
export async function scoredScenarios(revision: string): Promise<readonly string[]> {
  const requirements = await readFile(join(PACKAGE, "requirements", `${revision}.yaml`), "utf8");
  const section = /^server:\n((?: {2}- .+\n)+)/m.exec(requirements)?.[1] ?? "";
  return [...section.matchAll(/- (\S+)/g)].map(([, name]) => name ?? "");
}

function run(parameters: readonly string[]): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(process.execPath, [join(PACKAGE, "dist", "index.js"), ...parameters], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (exitCode) => done({ exitCode, output }));
  });
}
