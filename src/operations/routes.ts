import type { Route } from "../http/route.ts";
import type { AnswerMetrics } from "./metrics-endpoint.ts";
import { alive, type Readiness } from "./probes.ts";

/** What a process says of itself: `/health` that it runs, `/ready` whether requests should come. */
export const HEALTH_PATH = "/health";
export const READY_PATH = "/ready";

/** @param metrics what answers `/metrics` on this port; undefined where they are on another one, or nowhere */
export function operationsRoutes(
  readiness: Pick<Readiness, "answer">,
  metrics: AnswerMetrics | undefined,
): readonly Route[] {
  const quiet = { otherMethods: "not_found", isQuiet: true, refusals: "json" } as const;
  return [
    { name: "health", paths: [HEALTH_PATH], methods: { GET: async () => alive() }, ...quiet },
    { name: "ready", paths: [READY_PATH], methods: { GET: readiness.answer }, ...quiet },
    ...(metrics
      ? [{ name: "metrics", paths: ["/metrics"], methods: { GET: metrics }, ...quiet } as const]
      : []),
  ];
}
