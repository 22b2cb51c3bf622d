import { expect, it } from "vitest";
import { pathsOf } from "../../src/http/mount.ts";
import type { Route } from "../../src/http/route.ts";
import { readDocument } from "../support/markdown.ts";
import { METRICS_TOKEN } from "../support/metrics.ts";
import { startServer } from "../support/server.ts";
import { methodsOfEveryKind } from "../support/sign-in/every-kind.ts";

/** Each method that redirects has such paths, under its name. */
const METHOD = "google";

it("docs/endpoints.md has every route as the server mounts it", async () => {
  const origins = ["https://app.example"];
  const parts = { signIn: methodsOfEveryKind(), admit: "anyone" } as const;
  const server = await startServer({ metrics: { token: METRICS_TOKEN }, cors: origins }, parts);
  await server.close();
  const documented = [...readDocument("docs/endpoints.md").matchAll(/^\| (`.+)\|$/gm)].map(([, row = ""]) =>
    row.split("|").map((cell) => cell.trim()),
  );
  expect(documented).toEqual(server.routes.map(rowOf));
});

function rowOf(route: Route): readonly string[] {
  const paths = [...new Set(pathsOf(route, ""))];
  return [
    code([route.name]),
    code(paths.map((path) => path.replace(new RegExp(`/${METHOD}$`), "/<method>"))),
    Object.keys(route.methods).join(", "),
    route.cors === undefined ? "no" : route.cors === "*" ? "any" : "as `cors` says",
    code(route.metadata === undefined ? [] : [route.metadata]),
  ];
}

function code(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(", ");
}
