import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { countEvents } from "./event-counters.ts";
import { type GaugeName, GUARD_DECISIONS, type Metrics } from "./metrics.ts";
import { counterBy } from "./prometheus-counters.ts";

// Loaded where metrics are switched on, and nowhere else: prom-client takes a twentieth of the time of a start.

/** Metrics in the form that Prometheus reads. */
export type Prometheus = {
  readonly metrics: Metrics;
  readonly contentType: string;
  /** All of them, in the text format. */
  text(): Promise<string>;
};

/** Seconds. A tool call takes one or two thousandths; what asks somebody else takes as long as they do. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds: from a row of SQLite that is in memory to a Postgres that is about to be given up. */
const STORE_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5];
const COMMIT_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

const GAUGES: Readonly<Record<GaugeName, { readonly name: string; readonly help: string }>> = {
  streams: { name: "gatehouse_mcp_open_streams", help: "Event streams that are open." },
  sessions: { name: "gatehouse_mcp_open_sessions", help: "MCP sessions of 2025-era clients that are open." },
  pool_connections: {
    name: "gatehouse_database_pool_connections",
    help: "Connections to the database that this process has open.",
  },
  pool_idle_connections: {
    name: "gatehouse_database_pool_idle_connections",
    help: "Connections to the database that are not in use.",
  },
  pool_waiting_requests: {
    name: "gatehouse_database_pool_waiting_requests",
    help: "Queries that wait for a connection to the database.",
  },
};

/** In a registry of its own: it says nothing of the program around it, and that program's says nothing of us. */
export function createPrometheus(): Prometheus {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const errors = new Counter({
    name: "gatehouse_errors_total",
    help: "Errors in the log: something went wrong on the server's side.",
    registers,
  });
  const commits = new Histogram({
    name: "gatehouse_group_commit_writes",
    help: "Writes that shared one commit to SQLite.",
    buckets: COMMIT_BUCKETS,
    registers,
  });
  const lookups = counterBy(registry, {
    name: "gatehouse_guard_cache_lookups_total",
    help: "Lookups of access tokens in the guard's cache.",
    label: "result",
    values: ["hit", "miss"],
  });
  const metrics: Metrics = {
    answered: measureRequests(registry),
    happened: countEvents(registry),
    failed: () => errors.inc(),
    decided: counterBy(registry, {
      name: "gatehouse_guard_decisions_total",
      help: "Decisions of the guard about requests to what it protects.",
      label: "decision",
      values: GUARD_DECISIONS,
    }),
    lookedUp: (found) => lookups(found ? "hit" : "miss"),
    committed: (writes) => commits.observe(writes),
    stored: measureStore(registry),
    watch(gauge, read) {
      new Gauge({
        ...GAUGES[gauge],
        registers,
        collect() {
          this.set(read());
        },
      });
    },
  };
  return { metrics, contentType: registry.contentType, text: () => registry.metrics() };
}

function measureRequests(registry: Registry): Metrics["answered"] {
  const counter = new Counter({
    name: "gatehouse_http_requests_total",
    help: "Requests by route and by the status of their answer.",
    labelNames: ["route", "status"],
    registers: [registry],
  });
  const durations = new Histogram({
    name: "gatehouse_http_request_duration_seconds",
    help: "Time from a request to the head of its answer.",
    labelNames: ["route"],
    buckets: REQUEST_BUCKETS,
    registers: [registry],
  });
  // Finding a series by its labels costs many times what counting in it does.
  const routes = new Map<string, Route>();
  const routeOf = (route: string): Route => {
    let known = routes.get(route);
    if (!known) {
      known = { statuses: new Map(), duration: durations.labels(route) };
      routes.set(route, known);
    }
    return known;
  };
  return (route, status, seconds) => {
    const { statuses, duration } = routeOf(route);
    let series = statuses.get(status);
    if (!series) {
      series = counter.labels(route, String(status));
      statuses.set(status, series);
    }
    series.inc();
    duration.observe(seconds);
  };
}

type Route = {
  readonly statuses: Map<number, Counter.Internal>;
  readonly duration: Histogram.Internal<"route">;
};

function measureStore(registry: Registry): Metrics["stored"] {
  const durations = new Histogram({
    name: "gatehouse_store_operation_duration_seconds",
    help: "Time of each operation of the store, successful or not.",
    labelNames: ["operation"],
    buckets: STORE_BUCKETS,
    registers: [registry],
  });
  const operations = new Map<string, Histogram.Internal<"operation">>();
  return (operation, seconds) => {
    let series = operations.get(operation);
    if (!series) {
      series = durations.labels(operation);
      operations.set(operation, series);
    }
    series.observe(seconds);
  };
}
