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
    return { exitCode, scenarios: scenariosIn(output), output };
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

/**
 * Runs the authorization server scenarios.
 * @param openBrowser is given the address that the runner asks a person to open.
 */
export async function runAuthorizationScenarios(
  options: Readonly<Record<string, string>>,
  openBrowser: (authorizeUrl: string) => Promise<void>,
): Promise<Outcome> {
  let opened: Promise<void> | undefined;
  const { exitCode, output } = await run(
    ["authorization", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])],
    (soFar, stop) => {
      const [authorizeUrl] = /^https?:\/\/\S+response_type=\S+(?=\n)/m.exec(soFar) ?? [];
      if (authorizeUrl === undefined || opened) return;
      opened = openBrowser(authorizeUrl);
      // It would wait for minutes for a person who does not come back.
      opened.catch(stop);
    },
  );
  await opened;
  return { exitCode, scenarios: scenariosIn(output), output };
}

/**
 * Runs one client scenario.
 * @param program the module that the runner starts with the server's URL
 * @returns what the runner says at its end
 */
export async function runClientScenario(scenario: string, program: string): Promise<string> {
  const command = `${process.execPath} ${program}`;
  const { output } = await run(["client", "--command", command, "--scenario", scenario]);
  return output.slice(output.lastIndexOf("Test Results:"));
}

/** The server scenarios that count for a revision, from the runner's own list. */
export async function scoredScenarios(revision: string): Promise<readonly string[]> {
  const requirements = await readFile(join(PACKAGE, "requirements", `${revision}.yaml`), "utf8");
  const section = /^server:\n((?: {2}- .+\n)+)/m.exec(requirements)?.[1] ?? "";
  return [...section.matchAll(/- (\S+)/g)].map(([, name]) => name ?? "");
}

function scenariosIn(output: string): Outcome["scenarios"] {
  return new Map(
    [...output.matchAll(SCENARIO_LINE)].map(([, name, passed, failed]) => [
      name ?? "",
      { passed: Number(passed), failed: Number(failed) },
    ]),
  );
}

function run(
  parameters: readonly string[],
  onOutput: (soFar: string, stop: () => void) => void = () => {},
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(process.execPath, [join(PACKAGE, "dist", "index.js"), ...parameters], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      onOutput(output, () => child.kill());
    });
  }
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (exitCode) => done({ exitCode, output }));
  });
}
