import type { ScopedCalls } from "../../../../src/mcp/scoped-calls.ts";
import type { ToolShelf } from "../../../../src/mcp/tool-shelf.ts";

/** Each server registers its own. */
export function createToolShelf(calls: ScopedCalls): ToolShelf {
  return { put: (registration, server) => registration.apply(server, calls) };
}
