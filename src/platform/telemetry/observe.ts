import type { Metrics, RouteName } from "./metrics.ts";

/** A route as the table has it. Nothing in it comes from a request. */
export type Route = {
  readonly name: RouteName;
  /** Undefined where several paths have one name. */
  readonly path?: string;
};

/** Watches a request from outside: by which route it came, how it was answered, and after how long. */
export type Observe = (route: Route, request: Request, work: () => Promise<Response>) => Promise<Response>;

export const unobserved: Observe = (_route, _request, work) => work();

/** Counts each request and takes its time. */
export function countedRequests(metrics: Metrics): Observe {
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
