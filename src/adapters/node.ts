import type { IncomingMessage } from "node:http";
import type { RequestHead } from "../resource-server/guard.ts";

/**
 * The head of one of Node's requests. The body stays where it is.
 * @param target as it came, before a router took a part off
 */
export function headOf(request: IncomingMessage, target: string): RequestHead {
  return {
    method: request.method ?? "GET",
    url: urlOf(target),
    headers: {
      // As web headers do it: Node alone would drop the second of two Authorization headers, and let the first one in.
      get: (name) => request.headersDistinct[name.toLowerCase()]?.join(", ") ?? null,
    },
  };
}

/** Only the path is of use: the host is what the client says, and every URL that is spoken is configured. */
function urlOf(target: string): string {
  const url = target.startsWith("/") ? `http://localhost${target}` : target;
  return URL.parse(url)?.href ?? "http://localhost/";
}
