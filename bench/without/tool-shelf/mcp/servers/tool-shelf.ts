import type { ToolShelf } from "../../../../../src/mcp/servers/tool-shelf.ts";
import type { ScopedCalls } from "../../../../../src/mcp/tools/scoped-calls.ts";

/** Each server registers its own. */
export function createToolShelf(calls: ScopedCalls): ToolShelf {
  return { put: (registration, server) => registration.apply(server, calls) };
}
