import type { Metrics } from "./metrics.ts";

/** What is said of the route that a request came by. Nothing in it comes from the request. */
export type InstrumentedRoute = {
  readonly name: string;
  /** Undefined where several paths have one name. */
  readonly path?: string;
  /** Asked every few seconds by machines: it has no spans. */
  readonly isQuiet?: boolean | undefined;
};

/** Measures a request from outside: by which route it came, how it was answered, and after how long. */
export type Instrument = (
  route: InstrumentedRoute,
  request: Request,
  work: () => Promise<Response>,
) => Promise<Response>;

export const notInstrumented: Instrument = (_route, _request, work) => work();

/** Counts each request and takes its time. */
export function countedRequests(metrics: Metrics): Instrument {
  return async ({ name }, _request, work) => {
    const begunAt = performance.now();
    let status = 500;
    try {
      const response = await work();
      status = response.status;
      return response;
    } finally {
      metrics.answered(name, status, (performance.now() - begunAt) / 1000);
    }
  };
}
