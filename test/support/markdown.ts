import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "./checkout.ts";

/** The documents of the project, by path below its root. */
export function markdownFiles(): readonly string[] {
  const among = (folder: string) =>
    readdirSync(join(CHECKOUT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md"))
      .map((file) => join(folder, file));
  const atRoot = readdirSync(CHECKOUT).filter((file) => file.endsWith(".md"));
  return [...atRoot, ...among("docs")].sort();
}

export function readDocument(file: string): string {
  return readFileSync(join(CHECKOUT, file), "utf8");
}
