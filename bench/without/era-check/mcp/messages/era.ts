import { isLegacyRequest } from "@modelcontextprotocol/server";

/** The SDK decides it for every message. */
export function isLegacyPost(request: Request, body: unknown): Promise<boolean> {
  return isLegacyRequest(request, body);
}
