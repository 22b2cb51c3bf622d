import { expect, it } from "vitest";
import { readDocument } from "../support/markdown.ts";

it("docs/tracing.md has every attribute that spans carry, and no other", () => {
  const source = readDocument("src/platform/telemetry/opentelemetry.ts");
  const set = [...source.matchAll(/"([a-z_]+(?:\.[a-z_]+)+)"/g)].map(([, name]) => name ?? "");
  const rows = [...readDocument("docs/tracing.md").matchAll(/^\| (`[a-z_]+\..+?) \|/gm)];
  const documented = rows.flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ""),
  );
  expect(documented.sort()).toEqual([...new Set(set)].sort());
});
