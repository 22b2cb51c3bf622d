import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where a program of the system is, if anywhere; an ordinary user's PATH need not lead to a server's. */
export function installed(program: string): string | undefined {
  return [process.env.PATH ?? "", "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"]
    .flatMap((paths) => paths.split(delimiter))
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}
