import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { passwordProblem } from "../authorization-server/sign-in/users/password-rules.ts";
import { ConfigurationError } from "../core/errors.ts";

/** More than any password, and little enough to keep. */
const MAXIMUM_BYTES = 16 * 1024;

/**
 * A new password for this username: asked for twice on a terminal, without showing it, else the one line of standard input. Never an
 * argument, which others on the machine can read, and which shells remember.
 * @throws ConfigurationError where it breaks the rules, or the two differ
 */
export async function readNewPassword(username: string): Promise<string> {
  const password = process.stdin.isTTY ? await askTwice() : oneLine(await readAll());
  const problem = await passwordProblem(password, [username]);
  if (problem !== undefined) throw new ConfigurationError(`${problem} Nothing was changed.`);
  return password;
}

async function askTwice(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  const lines = terminal[Symbol.asyncIterator]();
  // Ctrl+C does not reach the process while the terminal hands over each key.
  terminal.on("SIGINT", () => terminal.close());
  const ask = async (prompt: string): Promise<string> => {
    process.stderr.write(prompt);
    const { value, done } = await lines.next();
    process.stderr.write("\n");
    if (done) throw new ConfigurationError("Nothing was changed.");
    return value;
  };
  try {
    const password = await ask("New password: ");
    if (password !== (await ask("New password again: "))) {
      throw new ConfigurationError("The two passwords differ. Nothing was changed.");
    }
    return password;
  } finally {
    terminal.close();
  }
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > MAXIMUM_BYTES) throw new ConfigurationError("Standard input is too long for a password.");
  }
  return Buffer.concat(chunks).toString("utf8");
}

function oneLine(input: string): string {
  const line = input.replace(/\r?\n$/, "");
  if (line === "") {
    throw new ConfigurationError(
      "The password is missing. Type it at a terminal, or give it as the one line of standard input.",
    );
  }
  if (/[\r\n]/.test(line)) {
    throw new ConfigurationError("Standard input has several lines. Give the password as the only one.");
  }
  return line;
}
