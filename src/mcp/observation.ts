import type { MetricsSetting } from "../config/settings.ts";
import type { Log } from "../platform/logging.ts";
import { countedLog, type Metrics, noMetrics } from "../platform/metrics.ts";
import { countedRequests, type Observe, unobserved } from "../platform/observe.ts";
import { observedStore } from "../store/observed-store.ts";
import type { Store } from "../store/store.ts";
import { type AnswerMetrics, answerMetrics, listenForMetrics } from "./metrics-endpoint.ts";

/** How a server is seen from outside, beside its log. What is not switched on costs nothing. */
export type Observation = {
  readonly metrics: Metrics;
  /** Watches requests. */
  readonly observe: Observe;
  /** The same store, watched. */
  store<S extends Store>(store: S): S;
  /** The same log, counted. */
  log(log: Log): Log;
  /** Answers `/metrics` on the main port; undefined where they are not there. */
  readonly answer: AnswerMetrics | undefined;
  /**
   * Opens the port of the metrics, where they have one.
   * @returns what closes it.
   * @throws ConfigurationError where the port is taken or not allowed.
   */
  listen(log: Log): Promise<() => Promise<void>>;
};

const NOTHING: Observation = {
  metrics: noMetrics,
  observe: unobserved,
  store: (store) => store,
  log: (log) => log,
  answer: undefined,
  listen: async () => async () => {},
};

export async function openObservation(setting: MetricsSetting | undefined): Promise<Observation> {
  if (!setting) return NOTHING;
  const { createPrometheus } = await import("../platform/prometheus.ts");
  const prometheus = createPrometheus();
  const { metrics } = prometheus;
  const { port, host, token } = setting;
  const answer = answerMetrics(prometheus, token);
  return {
    metrics,
    observe: countedRequests(metrics),
    store: (store) => observedStore(store, timed(metrics)),
    log: (log) => countedLog(log, metrics),
    answer: port === undefined ? answer : undefined,
    listen: async (log) =>
      port === undefined ? async () => {} : listenForMetrics(answer, { host, port }, log),
  };
}

function timed(metrics: Metrics) {
  return async <T>(verb: string, work: () => Promise<T>): Promise<T> => {
    const begunAt = performance.now();
    try {
      return await work();
    } finally {
      metrics.stored(verb, (performance.now() - begunAt) / 1000);
    }
  };
}
