import { run } from "../../../src/cli/program.ts";
import type { Outcome } from "./command.ts";

// A process that runs the commands that it is sent, one after the other: each has its own directory, environment and output.

export type HostedCommand = {
  readonly parameters: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
};

process.on("message", async (command: HostedCommand) => process.send?.(await runHere(command)));

async function runHere({ parameters, cwd, env }: HostedCommand): Promise<Outcome> {
  process.chdir(cwd);
  process.env = { ...env };
  process.exitCode = undefined;
  const [stdout, stderr] = [keepWritten(process.stdout), keepWritten(process.stderr)];
  try {
    await run(parameters);
  } finally {
    for (const stream of [stdout, stderr]) stream.restore();
  }
  const exitCode = Number(process.exitCode ?? 0);
  return { exitCode, signal: null, stdout: stdout.text(), stderr: stderr.text() };
}

/** What is written to a stream, in place of its going out. */
function keepWritten(stream: NodeJS.WriteStream) {
  const { write } = stream;
  let text = "";
  stream.write = (chunk: string | Uint8Array) => {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    return true;
  };
  return {
    text: () => text,
    restore() {
      stream.write = write;
    },
  };
}
