import { isJsonContentType } from "@modelcontextprotocol/server";
import type { Accepted } from "./accepted.ts";
import { readJson } from "./body.ts";
import { jsonRpcError, requestIdsIn } from "./json-rpc.ts";
import { refuseOversized } from "./limits.ts";

/** How much is read of a body. */
export type BodyLimit = { readonly bytes: number; readonly says: string };

/** As much as the SDK reads. */
export const WITH_TOKEN: BodyLimit = { bytes: 4 * 1024 * 1024, says: "The body is larger than 4 MB." };

/** Anyone may send so many at a time that each must be small. */
export const WITHOUT_TOKEN: BodyLimit = {
  bytes: 256 * 1024,
  says: "The body is larger than 256 KB, which is the most without a token.",
};

/** The body of a POST of JSON, or what is wrong with the request. What is not JSON the SDK refuses by its headers, unread. */
export async function readBody(
  request: Request,
  accepted: Accepted,
  { bytes, says }: BodyLimit,
): Promise<{ readonly body: unknown } | Response> {
  const unacceptable = refuseForms(request, accepted);
  if (unacceptable) return unacceptable;
  const { method, headers } = request;
  if (method !== "POST" || !isJsonContentType(headers.get("content-type"))) return { body: undefined };
  const read = await readJson(request, bytes);
  switch (read.kind) {
    case "json":
      return refuseOversized(read.value) ?? refuseDoubledId(read.value) ?? { body: read.value };
    case "too large":
      return jsonRpcError(413, -32000, says);
    case "malformed":
      return jsonRpcError(400, -32700, "Parse error: the body is not JSON.");
  }
}

/** A stream is all that a session's GET can be answered with. Without a session the SDK refuses it by its method. */
function refuseForms({ method, headers }: Request, { json, events }: Accepted): Response | undefined {
  if (events || method === "DELETE") return undefined;
  if (method === "POST") return json ? undefined : notAcceptable("application/json or text/event-stream");
  return headers.has("mcp-session-id") ? notAcceptable("text/event-stream") : undefined;
}

function notAcceptable(forms: string): Response {
  return jsonRpcError(406, -32000, `Accept must allow ${forms}.`);
}

/** The SDK would answer one of the two. */
function refuseDoubledId(body: unknown): Response | undefined {
  if (!Array.isArray(body)) return undefined;
  const seen = new Set<string | number>();
  const doubled = requestIdsIn(body).find((id) => seen.size === seen.add(id).size);
  if (doubled === undefined) return undefined;
  return jsonRpcError(400, -32600, `The id ${JSON.stringify(doubled)} is that of two requests of the batch.`);
}
