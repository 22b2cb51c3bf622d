import { describe, expect, it } from "vitest";
import { readDocument } from "../support/markdown.ts";

type Package = {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
type Lock = { readonly packages: Readonly<Record<string, { readonly version: string }>> };

const { dependencies, devDependencies } = JSON.parse(readDocument("package.json")) as Package;
const { packages } = JSON.parse(readDocument("package-lock.json")) as Lock;
const [published = "", development = ""] = readDocument("docs/dependencies.md").split("## For development");

describe("docs/dependencies.md", () => {
  it("has a line for every dependency, and none for another", () => {
    expect(namesIn(published).sort()).toEqual(Object.keys(dependencies).sort());
    expect(namesIn(development).sort()).toEqual(Object.keys(devDependencies).sort());
  });

  it("names the releases that the lock file has", () => {
    const stated = [...published.matchAll(/^\| `([^`]+)` \| .+? \| (\S+), \d{4}-\d\d-\d\d \|/gm)].map(
      ([, name = "", release]) => [name, release],
    );
    expect(stated).toHaveLength(Object.keys(dependencies).length);
    expect(stated).toEqual(stated.map(([name]) => [name, packages[`node_modules/${name}`]?.version]));
  });
});

/** What stands in the first column. */
function namesIn(text: string): string[] {
  const cells = [...text.matchAll(/^\| (`[^|]+`) \|/gm)].map(([, cell]) => cell ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ""));
}
