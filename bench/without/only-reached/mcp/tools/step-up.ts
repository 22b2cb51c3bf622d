export * from "../../../../../src/mcp/tools/step-up.ts";

/** Each request gets a server with all registrations. */
export function onlyReached(): undefined {
  return undefined;
}
