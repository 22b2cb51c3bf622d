import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/core/errors.ts";
import type { EventDeclaration } from "../../src/core/event-declaration.ts";
import { declarationOf, SECURITY_EVENTS } from "../../src/core/events.ts";
import { REVOCATION_REASONS } from "../../src/core/grant.ts";
import { GUARD_DECISIONS } from "../../src/platform/telemetry/metrics.ts";
import { createPrometheus } from "../../src/platform/telemetry/prometheus.ts";
import { WITHOUT_ROUTE } from "../../src/server/app.ts";
import { readDocument } from "../support/markdown.ts";
import { METRICS_TOKEN } from "../support/metrics.ts";
import { startServer } from "../support/server.ts";
import { methodsOfEveryKind } from "../support/sign-in/every-kind.ts";

const text = readDocument("docs/metrics.md");
const exposed = await measureEverything();

/** Everything that can be measured, once. */
async function measureEverything(): Promise<string> {
  const prometheus = createPrometheus();
  const { metrics } = prometheus;
  metrics.answered("token", 200, 0.01);
  metrics.stored("findGrant", 0.001);
  metrics.committed(3);
  for (const error of ERROR_CODES) {
    metrics.happened("token.refused", {
      error,
      reason: "a test",
      path: "/oauth/token",
      address: undefined,
      correlationId: "abcdefghijkl",
    });
  }
  for (const gauge of [
    "streams",
    "sessions",
    "pool_connections",
    "pool_idle_connections",
    "pool_waiting_requests",
  ] as const) {
    metrics.watch(gauge, () => 1);
  }
  return prometheus.text();
}

type Metric = { readonly type: string; readonly labels: readonly string[] };

/** Name → type and labels, as Prometheus reads them. */
function exposedMetrics(): ReadonlyMap<string, Metric> {
  const types = [...exposed.matchAll(/^# TYPE (gatehouse_\w+) (\w+)$/gm)];
  return new Map(
    types.map(([, name = "", type = ""]) => [name, { type, labels: [...labelsOf(name).keys()].sort() }]),
  );
}

/** Label → the values that are there. */
function labelsOf(name: string): ReadonlyMap<string, readonly string[]> {
  const series = [...exposed.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{(.+)\\} `, "gm"))];
  const pairs = series.flatMap(([, labels = ""]) => [...labels.matchAll(/(\w+)="([^"]*)"/g)]);
  const found = new Map<string, readonly string[]>();
  for (const [, label = "", value = ""] of pairs) {
    if (label !== "le") found.set(label, [...new Set([...(found.get(label) ?? []), value])]);
  }
  return found;
}

function documentedMetrics(): ReadonlyMap<string, Metric> {
  const rows = text.matchAll(/^\| `(gatehouse_\w+)` \| (\w+) \| ([^|]+) \| .+ \|$/gm);
  return new Map(
    [...rows].map(([, name = "", type = "", labels = ""]) => [name, { type, labels: codeIn(labels).sort() }]),
  );
}

function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
}

/** What the document says a label can be. */
function documentedValues(label: string): readonly string[] {
  const row = text.split("\n").find((line) => line.startsWith(`| ${label} |`));
  return codeIn(row?.slice(`| ${label} |`.length) ?? "");
}

describe("docs/metrics.md", () => {
  it("has every metric of ours with its type and labels, and no other", () => {
    expect(Object.fromEntries(documentedMetrics())).toEqual(Object.fromEntries(exposedMetrics()));
  });

  it.each([
    ["`grant_type`", "gatehouse_access_tokens_issued_total", "grant_type"],
    ["`what`", "gatehouse_reuses_total", "what"],
    ["`result`", "gatehouse_guard_cache_lookups_total", "result"],
    ["`reason`", "gatehouse_grants_revoked_total", "reason"],
    ["`outcome` of refreshes", "gatehouse_refreshes_total", "outcome"],
    ["`outcome` of registrations", "gatehouse_registrations_total", "outcome"],
    ["`outcome` of sign-ins", "gatehouse_sign_ins_total", "outcome"],
    ["`outcome` of mails", "gatehouse_mails_total", "outcome"],
    ["`purpose`", "gatehouse_mails_total", "purpose"],
    ["`outcome` of other services", "gatehouse_upstream_refreshes_total", "outcome"],
    ["`decision` of consents", "gatehouse_consents_total", "decision"],
    ["`decision` of the guard", "gatehouse_guard_decisions_total", "decision"],
  ])("has the values of %s", (row, metric, label) => {
    expect(documentedValues(row)).toEqual(labelsOf(metric).get(label));
  });

  it("has the errors, reasons and decisions that the types have", () => {
    expect(documentedValues("`error`")).toEqual(labelsOf("gatehouse_refusals_total").get("error"));
    expect(documentedValues("`reason`")).toEqual(REVOCATION_REASONS);
    expect(documentedValues("`decision` of the guard")).toEqual(GUARD_DECISIONS);
  });

  it("has the name of every route", async () => {
    const parts = { signIn: methodsOfEveryKind(), admit: "anyone" } as const;
    const server = await startServer({ metrics: { token: METRICS_TOKEN } }, parts);
    const names = [...server.routes.map(({ name }) => name), ...Object.values(WITHOUT_ROUTE)];
    await server.close();
    expect([...documentedValues("`route`")].sort()).toEqual([...new Set(names)].sort());
  });

  it("alerts on metrics that are there, with labels that they have", () => {
    const [, rules = ""] = text.split("## Alerts");
    const used = [...rules.matchAll(/(gatehouse_\w+?)(?:_bucket|_sum|_count)?(?:\{(\w+)|\b(?!_))/g)];
    expect(used.length).toBeGreaterThan(4);
    for (const [, name = "", label] of used) {
      const metric = exposedMetrics().get(name);
      expect(metric, name).toBeDefined();
      if (label !== undefined) expect(metric?.labels, name).toContain(label);
    }
  });
});

describe("the metrics", () => {
  it("follow the naming conventions: counters end in _total, a duration is in seconds", () => {
    for (const [name, { type }] of exposedMetrics()) {
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      if (name.includes("duration")) expect(name).toMatch(/_seconds$/);
    }
  });

  it("have the same labels in the same order, whichever event they count", () => {
    const labels = new Map<string, string>();
    for (const event of SECURITY_EVENTS) {
      const { counts = {} }: EventDeclaration = declarationOf(event);
      for (const [counter, ofEvent] of Object.entries(counts)) {
        const names = Object.keys(ofEvent).join(", ");
        expect(names, `${counter} of ${event}`).toBe(labels.get(counter) ?? names);
        labels.set(counter, names);
      }
    }
    expect(labels.size).toBeGreaterThan(5);
  });

  it("each say what they are", () => {
    const helps = [...exposed.matchAll(/^# HELP (gatehouse_\w+) (.+)$/gm)];
    expect(helps.map(([, name]) => name).sort()).toEqual([...exposedMetrics().keys()].sort());
    for (const [, name, help] of helps) expect(help, name).toMatch(/^[A-Z].+\.$/);
  });
});
