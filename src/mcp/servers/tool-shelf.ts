import { McpServer } from "@modelcontextprotocol/server";
import type { Registration } from "../tools/registration.ts";
import type { ScopedCalls } from "../tools/scoped-calls.ts";

/** Puts what is registered on servers that live for one request. */
export type ToolShelf = {
  put(registration: Registration, server: McpServer): void;
};

/**
 * A tool is registered with the SDK once, on a server that is never connected, and each server for a request gets that tool:
 * registering it on each would cost a tenth of a call (0056). What the SDK keeps of a tool knows nothing of requests; a
 * call gets all that is of its caller as an argument.
 *
 * The SDK has no name for this. Where its server keeps tools otherwise, each server registers its own.
 */
export function createToolShelf(calls: ScopedCalls): ToolShelf {
  const shelf = new WeakMap<Registration, object>();
  return {
    put(registration, server) {
      const tools = toolsOf(server);
      if (registration.kind !== "tool" || tools === undefined) return registration.apply(server, calls);
      let tool = shelf.get(registration);
      if (tool === undefined) {
        const unconnected = new McpServer({ name: "shelf", version: "0" });
        registration.apply(unconnected, calls);
        tool = toolsOf(unconnected)?.[registration.name];
        if (tool === undefined) return registration.apply(server, calls);
        shelf.set(registration, tool);
      }
      tools[registration.name] = tool;
    },
  };
}

/** The record in which a server of the SDK keeps its tools, by name. */
function toolsOf(server: McpServer): Record<string, object> | undefined {
  const tools: unknown = Reflect.get(server, "_registeredTools");
  return typeof tools === "object" && tools !== null ? (tools as Record<string, object>) : undefined;
}
