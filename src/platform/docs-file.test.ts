import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { docsFile } from "./docs-file.ts";

let project: string;
let root: URL;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "gatehouse-"));
  const folder = join(project, "node_modules/mcp-gatehouse");
  await mkdir(join(folder, "docs"), { recursive: true });
  await writeFile(join(folder, "docs/secret.md"), "");
  root = pathToFileURL(`${folder}/`);
});
afterAll(() => rm(project, { recursive: true }));

it("is where the package is installed, for a reader in the project", () => {
  expect(docsFile("secret.md#compromised", root, project)).toBe(
    "node_modules/mcp-gatehouse/docs/secret.md#compromised",
  );
});

it("is the whole path, for a reader elsewhere", () => {
  const path = join(project, "node_modules/mcp-gatehouse/docs/secret.md");
  expect(docsFile("secret.md", root, join(project, "other"))).toBe(path);
});

it("names the package where its documentation is not there", () => {
  expect(docsFile("secret.md", pathToFileURL(`${project}/`), project)).toBe(
    "docs/secret.md of the package mcp-gatehouse",
  );
});

it("is in docs/ of a checkout", () => {
  expect(docsFile("secret.md", undefined, join(import.meta.dirname, "../.."))).toBe("docs/secret.md");
});
