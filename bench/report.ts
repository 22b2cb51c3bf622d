import { cpuRatio, type Measurement, throughputRatio } from "./comparison.ts";

/** One comparison, by the name that picks it on the command line. */
export type Scenario<Settings> = {
  readonly name: string;
  readonly title: string;
  /** Not among those that run where none is named, and why. */
  readonly onRequest?: string;
  readonly run: (settings: Settings) => Promise<Report>;
};

export type Report = {
  /** What was measured, a line each. */
  readonly rows: readonly Row[];
  readonly figures: readonly Figure[];
  readonly profiles?: readonly Profile[];
};

export type Row = { readonly name: string; readonly values: readonly string[] };
export type Profile = { readonly name: string; readonly summary: string };

/** What has a target. Printed, and never asserted: machines differ. */
export type Figure = {
  readonly what: string;
  readonly value: number;
  readonly unit: "×" | "µs" | "ms" | "MB";
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Another look at the same. */
  readonly beside?: string;
};

/** The report of servers that were loaded in turn. */
export function reportOf(measurements: readonly Measurement[], figures: readonly Figure[]): Report {
  return {
    rows: measurements.map((measurement) => ({
      name: measurement.name,
      values: [
        `${Math.round(measurement.requestsPerSecond).toLocaleString("en")} requests/s`,
        `${measurement.serverMicroseconds.toFixed(1)} µs of CPU each`,
        `p99 ${measurement.p99Milliseconds.toFixed(1)} ms`,
        `load generator ${Math.round(100 * measurement.generatorBusy)} % busy`,
      ],
    })),
    figures,
    profiles: measurements.flatMap(({ name, profile }) =>
      profile === undefined ? [] : [{ name, summary: profile }],
    ),
  };
}

/** How much more the one does than the other. */
export function throughput(what: string, of: Measurement, to: Measurement, atLeast: number): Figure {
  const beside = `${cpuRatio(of, to).toFixed(2)} × by CPU time`;
  return { what, value: throughputRatio(of, to), unit: "×", atLeast, beside };
}

/** The same, judged by CPU time: what other programs on the machine take does not count. */
export function cpuTime(what: string, of: Measurement, to: Measurement, atLeast: number): Figure {
  const beside = `${throughputRatio(of, to).toFixed(2)} × by throughput`;
  return { what, value: cpuRatio(of, to), unit: "×", atLeast, beside };
}

/** The report as text, its columns aligned. */
export function format(title: string, { rows, figures, profiles = [] }: Report): string {
  const lines = [title, ...table(rows.map(({ name, values }) => [name, ...values]))];
  lines.push(...table(figures.map(figureCells)));
  for (const { name, summary } of profiles)
    lines.push("", `  where ${name} spends its time`, indent(summary));
  return lines.join("\n");
}

function figureCells({ what, value, unit, atLeast, atMost, beside = "" }: Figure): readonly string[] {
  const digits = unit === "×" || unit === "µs" ? 2 : 0;
  const [sign, target] = atLeast === undefined ? ["≤", atMost ?? Number.NaN] : ["≥", atLeast];
  const met = sign === "≥" ? value >= target : value <= target;
  return [
    `→ ${what}`,
    `${value.toFixed(digits)} ${unit}`,
    `target ${sign} ${target.toFixed(digits)} ${unit}`,
    met ? "met" : "missed",
    beside,
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map(
    (row) =>
      `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("   ")}`,
  );
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
