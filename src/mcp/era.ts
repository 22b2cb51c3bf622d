import {
  isLegacyRequest,
  PROTOCOL_VERSION_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";

/**
 * Whether a POST is of a 2025-era client, as the SDK decides it. Most messages say so plainly, and are not parsed by
 * schemas once more for it: with the envelope of 2026-07-28 they are modern, and without it under a version that has
 * none they are not. Everything else the SDK decides.
 */
export function isLegacyPost(request: Request, body: unknown): boolean | Promise<boolean> {
  if (isObject(body) && typeof body.method === "string" && body.method !== "initialize") {
    if (claimsEnvelope(body.params)) return false;
    const version = request.headers.get("mcp-protocol-version");
    if (version === null || SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return true;
  }
  return isLegacyRequest(request, body);
}

function claimsEnvelope(params: unknown): boolean {
  return isObject(params) && isObject(params._meta) && PROTOCOL_VERSION_META_KEY in params._meta;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
