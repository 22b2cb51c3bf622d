import { existsSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** This file is two folders below the package, as a source and as it is built. */
const PACKAGE = new URL("../../", import.meta.url);

/**
 * Where the reader of a message finds a file of the documentation: in a checkout `docs/secret.md`, in a project that has the
 * package `node_modules/mcp-gatehouse/docs/secret.md`, and its whole path from elsewhere.
 * @param name below `docs/`, with its anchor: `secret.md#compromised`
 * @param root the package's folder
 * @param from the folder in which the reader is
 */
export function docsFile(name: string, root: URL = PACKAGE, from: string = process.cwd()): string {
  const [file = "", anchor] = name.split("#");
  const path = fileURLToPath(new URL(`docs/${file}`, root));
  // A bundle has no documentation beside it.
  if (!existsSync(path)) return `docs/${name} of the package mcp-gatehouse`;
  const below = relative(from, path);
  const shown = below.startsWith(`..${sep}`) || isAbsolute(below) ? path : below;
  return anchor === undefined ? shown : `${shown}#${anchor}`;
}
