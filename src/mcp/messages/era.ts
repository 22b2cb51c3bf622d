import {
  isLegacyRequest,
  PROTOCOL_VERSION_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import { membersOf, readMessage } from "./json-rpc.ts";

/**
 * Whether a POST is of a 2025-era client, as the SDK decides it. Most messages say so plainly, and are not parsed by
 * schemas once more for it: with the envelope of 2026-07-28 they are modern, and without it under a version that has
 * none they are not. Everything else the SDK decides.
 */
export function isLegacyPost(request: Request, body: unknown): boolean | Promise<boolean> {
  const { method, params } = readMessage(body);
  if (typeof method === "string" && method !== "initialize") {
    if (PROTOCOL_VERSION_META_KEY in membersOf(membersOf(params)._meta)) return false;
    const version = request.headers.get("mcp-protocol-version");
    if (version === null || SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return true;
  }
  return isLegacyRequest(request, body);
}
