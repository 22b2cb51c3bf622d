import { existsSync, globSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

// Loaded before a server that does without something (`--import replace.js?era-check`): in the folder of that name are plain
// forms of modules of src/, each under its own path there.

const SRC = resolve(import.meta.dirname, "../../src");
const folder = resolve(import.meta.dirname, new URL(import.meta.url).search.slice(1));
const files = globSync("**/*.js", { cwd: folder });
// A module that has moved would be compared with itself.
const lost = files.filter((file) => !existsSync(resolve(SRC, file)));
if (files.length === 0 || lost.length > 0) throw new Error(`${folder} replaces nothing: ${lost.join(", ")}`);

const replacements = new Map(files.map((file) => [urlOf(SRC, file), urlOf(folder, file)]));

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const replacement = replacements.get(resolved.url);
    // A plain form may take the rest from the module that it replaces.
    return replacement === undefined || replacement === context.parentURL
      ? resolved
      : { ...resolved, url: replacement };
  },
});

function urlOf(base: string, file: string): string {
  return pathToFileURL(resolve(base, file)).href;
}
