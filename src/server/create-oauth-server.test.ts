import { afterEach, expect, it } from "vitest";
import { silentLog } from "../platform/logging.ts";
import { createOAuthServer, type OAuthServer } from "./create-oauth-server.ts";

let server: OAuthServer | undefined;
afterEach(() => server?.close());

function start(given: object = {}) {
  const said: string[] = [];
  const log = { ...silentLog, info: (message: string) => said.push(message) };
  server = createOAuthServer("my-app", () => null, {
    log,
    handleSignals: false,
    port: 0,
    database: ":memory:",
    ...given,
  });
  return { server, said };
}

it("says where it is once it listens", async () => {
  const { server, said } = start();
  const { url } = await server.listen();
  expect(said).toContain(`my-app is ready: ${url}`);
});

it("says on which port it listens where its URL does not: behind a proxy", async () => {
  const { server, said } = start({ publicUrl: "https://mcp.example", secret: "s".repeat(32) });
  const { port } = await server.listen();
  expect(said).toContain(`my-app is ready: https://mcp.example/mcp (it listens on port ${port})`);
});

it("takes no port where it is to listen", async () => {
  const { listen } = start().server as {
    readonly listen: (...given: readonly unknown[]) => Promise<unknown>;
  };
  await expect(listen(3005)).rejects.toThrow("Set the port with the option port, or PORT.");
});
