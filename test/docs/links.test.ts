import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { markdownFiles, readDocument } from "../support/markdown.ts";

describe.each(markdownFiles())("%s", (file) => {
  const text = readDocument(file);

  it("links to files and headings that are there", () => {
    const broken = linksOf(text).filter((link) => !leadsSomewhere(file, link));
    expect(broken).toEqual([]);
  });

  it("names npm scripts that are there", () => {
    const { scripts } = JSON.parse(readDocument("package.json")) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/\bnpm run (?:-s )?([a-z][\w-]*)/g)].map(([, name]) => name ?? "");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe("the sources", () => {
  it("name documents that are there", () => {
    const missing = ["src", "test", "examples", "bench"].flatMap((folder) =>
      readdirSync(join(CHECKOUT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !file.includes("node_modules"))
        .flatMap((file) =>
          [...readDocument(join(folder, file)).matchAll(/\bdocs\/[\w./-]+\.md\b/g)].map(([path]) => path),
        )
        .filter((path) => !existsSync(join(CHECKOUT, path))),
    );
    expect(missing).toEqual([]);
  });
});

/** The targets of a document's links, but for those that leave the project. */
function linksOf(text: string): readonly string[] {
  const prose = text.replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)|<img src="([^"]+)"/g)]
    .map(([, target, picture]) => target ?? picture ?? "")
    .filter((target) => !/^[a-z]+:/i.test(target));
}

function leadsSomewhere(file: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? file : join(dirname(file), path);
  if (!existsSync(join(CHECKOUT, target))) return false;
  return heading === undefined || headingsOf(readDocument(target)).includes(heading);
}

/** The headings as they are linked to: lower case, hyphens for spaces, no punctuation. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, "")
      .replaceAll(" ", "-"),
  );
}
