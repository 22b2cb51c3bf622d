import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { markdownFiles } from "../support/markdown.ts";

const run = promisify(execFile);

/** What the documents leave to the reader: every snippet may use it without declaring it. */
const READERS_OWN = `
declare function checkMyUsers(username: string, password: string): Promise<string | null>;
declare const clientId: string, clientSecret: string;
`;

type Snippet = { readonly file: string; readonly line: number; readonly code: string };

const snippets = [
  ...markdownFiles().flatMap((file) => snippetsIn(file, "")),
  ...sourceFiles().flatMap((file) => snippetsIn(file, " * ")),
];

describe("the TypeScript in documents and docstrings", () => {
  it("is found", () => {
    const files = snippets.map(({ file }) => file);
    expect(files).toContain("README.md");
    expect(files).toContain("src/server/create-oauth-server.ts");
  });

  it("type-checks", async () => {
    const cache = join(CHECKOUT, "node_modules/.cache");
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, "snippets-"));
    try {
      for (const { file, line, code } of snippets) {
        const name = `${file.replaceAll("/", "__")}.${line}.ts`;
        // As many lines before it as in the document, so that the compiler's line is the document's. Each one is a module.
        writeFileSync(join(folder, name), `${"\n".repeat(line)}${code}\nexport {};\n`);
      }
      writeFileSync(join(folder, "readers-own.d.ts"), READERS_OWN);
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig(relative(folder, CHECKOUT))));
      expect(await problems(folder)).toBe("");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The project's own settings, but for names that a snippet makes and does not use. */
function tsconfig(root: string): object {
  return {
    extends: `${root}/tsconfig.json`,
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ["*.ts"],
    // Else everything below node_modules is left out, and that is where these are.
    exclude: [],
  };
}

async function problems(folder: string): Promise<string> {
  try {
    await run(process.execPath, [join(CHECKOUT, "node_modules/typescript/bin/tsc"), "-p", folder], {
      cwd: folder,
    });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** The ```ts blocks of a file. In a docstring, each line begins with a prefix. */
function snippetsIn(file: string, prefix: string): readonly Snippet[] {
  const found: Snippet[] = [];
  let open: { readonly line: number; readonly code: string[] } | undefined;
  for (const [i, text] of readFileSync(join(CHECKOUT, file), "utf8").split("\n").entries()) {
    const line = text.startsWith(prefix.trimEnd()) ? text.slice(prefix.length) : text;
    if (open && line === "```") {
      found.push({ file, line: open.line, code: open.code.join("\n") });
      open = undefined;
    } else if (open) {
      open.code.push(line);
    } else if (line === "```ts") {
      open = { line: i + 1, code: [] };
    }
  }
  return found;
}

function sourceFiles(): readonly string[] {
  return readdirSync(join(CHECKOUT, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `src/${file}`)
    .sort();
}
