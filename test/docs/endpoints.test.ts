import { expect, it } from "vitest";
import { pathsOf } from "../../src/http/mount.ts";
import type { Route } from "../../src/http/route.ts";
import { readDocument } from "../support/markdown.ts";
import { METRICS_TOKEN } from "../support/metrics.ts";
import { startServer } from "../support/server.ts";
import { methodsOfEveryKind, NAMES_IN_PATHS } from "../support/sign-in/every-kind.ts";
import { GITHUB, JIRA } from "../support/upstreams.ts";

it("docs/endpoints.md has every route as the server mounts it", async () => {
  const origins = ["https://app.example"];
  const parts = { signIn: methodsOfEveryKind(), admit: "anyone" } as const;
  const upstreams = { github: GITHUB, jira: JIRA };
  const server = await startServer({ metrics: { token: METRICS_TOKEN }, cors: origins, upstreams }, parts);
  await server.close();
  const documented = [...readDocument("docs/endpoints.md").matchAll(/^\| (`.+)\|$/gm)].map(([, row = ""]) =>
    row.split("|").map((cell) => cell.trim()),
  );
  const rows = server.routes.map(rowOf);
  // Methods of one kind have the same row.
  const different = rows.filter((row, i) => rows.findIndex((one) => String(one) === String(row)) === i);
  expect(documented).toEqual(different);
});

const OF_SERVICE = /\/(github|jira)(?=$|\/connect$)/;
const NAME_AT_END = new RegExp(`/(${NAMES_IN_PATHS.join("|")})$`);

function rowOf(route: Route): readonly string[] {
  const paths = [...new Set(pathsOf(route, ""))];
  return [
    code([route.name]),
    code(paths.map((path) => path.replace(NAME_AT_END, "/<method>").replace(OF_SERVICE, "/<service>"))),
    Object.keys(route.methods).join(", "),
    route.cors === undefined ? "no" : route.cors === "*" ? "any" : "as `cors` says",
    code(route.metadata === undefined ? [] : [route.metadata]),
  ];
}

function code(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(", ");
}
