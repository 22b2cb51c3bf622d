import { Counter, type Registry } from "prom-client";

/** A counter whose series are told apart by one label. */
export type CounterBy<Value extends string> = {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** Every value that the label can have. */
  readonly values: readonly Value[];
};

/**
 * A counter whose series are all there from the start, at zero, so that the first count of one is a change that Prometheus
 * sees. A value that is not among them is not counted: nobody makes a series by what they send.
 * @returns what counts one.
 */
export function counterBy<Value extends string>(
  registry: Registry,
  { name, help, label, values }: CounterBy<Value>,
): (value: Value) => void {
  const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  const series = new Map(values.map((value) => [value, counter.labels(value)] as const));
  for (const one of series.values()) one.inc(0);
  return (value) => series.get(value)?.inc();
}
