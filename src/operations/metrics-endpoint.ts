import { createHash, timingSafeEqual } from "node:crypto";
import type { MetricsSetting } from "../config/settings.ts";
import { readBearer } from "../core/challenge.ts";
import { ConfigurationError } from "../core/errors.ts";
import { isLoopbackHost } from "../core/hosts.ts";
import { isForeignName } from "../http/host-header.ts";
import { listenerUrl } from "../platform/addresses.ts";
import { listen } from "../platform/listener.ts";
import type { Log } from "../platform/logging.ts";
import type { Prometheus } from "../platform/telemetry/prometheus.ts";

/** Answers a request for the metrics. */
export type AnswerMetrics = (request: Request) => Promise<Response>;

/** @param token what must be sent as a bearer token; undefined where whoever reaches the port may read. */
export function answerMetrics(prometheus: Prometheus, token: string | undefined): AnswerMetrics {
  return async (request) => {
    if (token !== undefined && !isBearer(request, token)) {
      return new Response("The metrics need a bearer token.\n", {
        status: 401,
        headers: { "WWW-Authenticate": 'Bearer realm="metrics"', "Cache-Control": "no-store" },
      });
    }
    return new Response(await prometheus.text(), {
      headers: { "Content-Type": prometheus.contentType, "Cache-Control": "no-store" },
    });
  };
}

/**
 * Opens the port that serves `/metrics` and nothing else.
 * @returns what closes it.
 * @throws ConfigurationError where the port is taken or not allowed.
 */
export async function listenForMetrics(
  answer: AnswerMetrics,
  { host, port }: Pick<MetricsSetting, "host"> & { readonly port: number },
  log: Log,
): Promise<() => Promise<void>> {
  const listener = await listenHere({
    host,
    port,
    tls: undefined,
    log,
    async fetch(request) {
      const url = new URL(request.url);
      const isRead = request.method === "GET" || request.method === "HEAD";
      if (url.pathname !== "/metrics" || !isRead) return new Response("Not found\n", { status: 404 });
      // A web page must not read them either, by giving its own name the address of this computer.
      if (isLoopbackHost(host) && isForeignName(url, host)) {
        return new Response("The metrics are for this computer. Set metrics.host to serve others.\n", {
          status: 421,
        });
      }
      return answer(request);
    },
  });
  log.info(`the metrics are at ${listenerUrl({ host, port: listener.port, tls: false })}/metrics`);
  return listener.close;
}

/** There are two ports, and who reads of one that is taken wants to know which. */
async function listenHere(settings: Parameters<typeof listen>[0]): ReturnType<typeof listen> {
  try {
    return await listen(settings);
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause;
    throw new ConfigurationError(`The metrics (GATEHOUSE_METRICS_PORT): ${cause.message}`, { cause });
  }
}

/** In constant time, whatever the length of what is sent. */
function isBearer(request: Request, token: string): boolean {
  const sent = readBearer(request.headers.get("authorization"));
  return sent.kind === "token" && timingSafeEqual(digest(sent.token), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
