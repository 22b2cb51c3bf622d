import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { callTool, connect } from "../support/client.ts";
import { startServer } from "../support/server.ts";

const { cache } = createRequire(import.meta.url);

function loaded(name: string): boolean {
  return Object.keys(cache).some((file) => file.includes(`/node_modules/${name}/`));
}

// The order matters: what was loaded once stays.

it("what nobody watches loads nothing of metrics and tracing", async () => {
  const server = await startServer();
  const { access_token: token } = await connect(server);
  expect((await callTool(server, token)).status).toBe(200);
  await server.drain();
  await server.close();
  expect(["@opentelemetry/api", "prom-client"].filter(loaded)).toEqual([]);
});

it("and this would show if it did", async () => {
  await import("@opentelemetry/api");
  await import("prom-client");
  expect(["@opentelemetry/api", "prom-client"].filter(loaded)).toHaveLength(2);
});
