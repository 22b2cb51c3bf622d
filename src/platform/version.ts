import { readFileSync } from "node:fs";

/** The version of this package. Read, not imported: the file is outside of what the build compiles. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
