import type { FetchDocument } from "../authorization-server/clients/client-keys.ts";
import type { MetricsSetting } from "../config/settings.ts";
import { isPostgresUrl } from "../core/database-url.ts";
import { type FetchJson, fetchJsonBy, type PlainFetch } from "../platform/fetch-json.ts";
import type { Log } from "../platform/logging.ts";
import type { OutboundProxy } from "../platform/outbound-proxy.ts";
import { fetchThrough } from "../platform/proxy-tunnel.ts";
import { allowUnresolvedDocumentHosts, safeFetch } from "../platform/safe-fetch.ts";
import { countedRequests, type Instrument, notInstrumented } from "../platform/telemetry/instrument.ts";
import { countedLog, type Metrics, noMetrics } from "../platform/telemetry/metrics.ts";
import { isTracingSetUp, noTracing, type Tracing } from "../platform/telemetry/tracing.ts";
import { type InstrumentOperation, instrumentedStore } from "../store/instrumented-store.ts";
import type { Store } from "../store/store.ts";
import { type AnswerMetrics, answerMetrics, listenForMetrics } from "./metrics-endpoint.ts";

/** How a server is seen from outside, beside its log. What is not switched on costs nothing. */
export type Instrumentation = Measuring & {
  /** Measures and traces requests. */
  readonly instrument: Instrument;
  readonly tracing: Tracing;
  /** The same store, whose operations are measured and traced. */
  store(store: Store): Store;
  /** The same log, counted. */
  log(log: Log): Log;
  /** Fetches what a stranger named, traced. */
  readonly fetchDocument: FetchDocument;
  /** Fetches what the operator named, traced. */
  readonly fetchJson: FetchJson;
  /** The same, for those who read the answer themselves. */
  readonly fetch: PlainFetch;
};

type Measuring = {
  readonly metrics: Metrics;
  /** Answers `/metrics` on the main port; undefined where they are not there. */
  readonly answer: AnswerMetrics | undefined;
  /**
   * Opens the port of the metrics, where they have one.
   * @returns what closes it.
   * @throws ConfigurationError where the port is taken or not allowed.
   */
  listen(log: Log): Promise<() => Promise<void>>;
};

export type InstrumentationOptions = {
  /** Where Prometheus reads; undefined where nothing is measured. */
  readonly metrics: MetricsSetting | undefined;
  readonly database: string;
  /** Whether a proxy looks up the hosts of documents and keys that have no address here. */
  readonly unresolvedDocumentHosts: boolean;
};

/** @param proxy where what is fetched goes through */
export async function openInstrumentation(
  { metrics: setting, database, unresolvedDocumentHosts }: InstrumentationOptions,
  proxy: OutboundProxy | undefined,
): Promise<Instrumentation> {
  const measuring = await openMeasuring(setting);
  const { metrics } = measuring;
  const tracing = await openTracing(database);
  const fetchOutside = fetchThrough(proxy);
  const tracedFetch: PlainFetch = (url, init) =>
    tracing.fetch(
      init.method ?? "GET",
      url,
      () => fetchOutside(url, init),
      ({ status }) => status,
    );
  const how = { proxy, [allowUnresolvedDocumentHosts]: unresolvedDocumentHosts };
  const isInstrumented = metrics !== noMetrics || tracing !== noTracing;
  return {
    ...measuring,
    tracing,
    instrument: tracedAndCounted(tracing, metrics),
    store: (store) => (isInstrumented ? instrumentedStore(store, tracedAndTimed(tracing, metrics)) : store),
    log: (log) => countedLog(log, metrics),
    fetchDocument: (url, options) => tracing.fetch("GET", url, () => safeFetch(url, { ...options, ...how })),
    fetchJson: fetchJsonBy(tracedFetch),
    fetch: tracedFetch,
  };
}

async function openMeasuring(setting: MetricsSetting | undefined): Promise<Measuring> {
  const closed = async () => async () => {};
  if (!setting) return { metrics: noMetrics, answer: undefined, listen: closed };
  const { createPrometheus } = await import("../platform/telemetry/prometheus.ts");
  const prometheus = createPrometheus();
  const { metrics } = prometheus;
  const { port, host, token } = setting;
  const answer = answerMetrics(prometheus, token);
  if (port === undefined) return { metrics, answer, listen: closed };
  return { metrics, answer: undefined, listen: (log) => listenForMetrics(answer, { host, port }, log) };
}

/** Where no SDK was set up before, there is nothing to load. */
async function openTracing(database: string): Promise<Tracing> {
  if (!isTracingSetUp()) return noTracing;
  const { createTracing } = await import("../platform/telemetry/opentelemetry.ts");
  return createTracing(isPostgresUrl(database) ? "postgresql" : "sqlite");
}

function tracedAndCounted(tracing: Tracing, metrics: Metrics): Instrument {
  const counted = metrics === noMetrics ? notInstrumented : countedRequests(metrics);
  if (tracing === noTracing) return counted;
  return (route, request, work) => tracing.request(route, request, () => counted(route, request, work));
}

function tracedAndTimed(tracing: Tracing, metrics: Metrics): InstrumentOperation {
  return async (operation, work) => {
    const begunAt = performance.now();
    try {
      return await tracing.operation(operation, work);
    } finally {
      metrics.stored(operation, (performance.now() - begunAt) / 1000);
    }
  };
}
