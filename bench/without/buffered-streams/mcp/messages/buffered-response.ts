export { isEventStream } from "../../../../../src/mcp/messages/buffered-response.ts";

/** What the SDK answers goes out as it is. */
export async function buffered(response: Response): Promise<Response> {
  return response;
}
