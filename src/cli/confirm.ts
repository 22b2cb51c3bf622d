import { createInterface } from "node:readline/promises";
import { ConfigurationError } from "../core/errors.ts";
import { printable } from "./output.ts";

/**
 * Asks at the terminal before something that cannot be undone.
 * @throws ConfigurationError where the answer is no, or nobody can be asked.
 */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new ConfigurationError(`${question} There is no terminal to ask: add --yes if you are sure.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(printable(`${question} Type yes to continue: `));
  terminal.close();
  if (answer.trim().toLowerCase() !== "yes") throw new ConfigurationError("Nothing was changed.");
}
