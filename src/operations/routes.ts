import type { Route } from "../http/route.ts";
import type { AnswerMetrics } from "./metrics-endpoint.ts";
import { alive, type Readiness } from "./probes.ts";

export const HEALTH_PATH = "/health";
export const READY_PATH = "/ready";

/**
 * What a process says of itself.
 * @param metrics what answers `/metrics` on this port; undefined where they are on another one, or nowhere
 */
export function operationsRoutes(
  readiness: Pick<Readiness, "answer">,
  metrics: AnswerMetrics | undefined,
): readonly Route[] {
  const getOnly = { otherMethods: "not_found", refusals: "json" } as const;
  const probe = { ...getOnly, askedBy: "probe" } as const;
  const routes: readonly Route[] = [
    { name: "health", paths: [HEALTH_PATH], methods: { GET: async () => alive() }, ...probe },
    { name: "ready", paths: [READY_PATH], methods: { GET: readiness.answer }, ...probe },
  ];
  if (!metrics) return routes;
  return [
    ...routes,
    { name: "metrics", paths: ["/metrics"], methods: { GET: metrics }, ...getOnly, askedBy: "scraper" },
  ];
}
