import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createDemoServer } from "../../src/demo/server.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { freePort } from "../support/listening.ts";
import { approve, DEMO, openNetworkBrowser } from "../support/network.ts";
import { runAuthorizationScenarios } from "./runner.ts";

it("the authorization scenarios pass against the demonstration", { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-conformance-authorization-"));
  const server = createDemoServer({ port: 0, database: join(folder, "gatehouse.db"), log: silentLog });
  try {
    const { url } = await server.listen();
    const { origin: issuer } = new URL(url);
    const port = await freePort();
    const clientId = await registerRunner(issuer, port);
    const browser = openNetworkBrowser(issuer);
    const { exitCode, scenarios, output } = await runAuthorizationScenarios(
      { url: issuer, "client-id": clientId, port: String(port), resource: url },
      // The address that the person comes back to is the runner's own.
      async (authorizeUrl) => {
        await fetch(await approve(browser, authorizeUrl, DEMO));
      },
    );
    // The second one reads what the first one found, so the runner is given both at once.
    expect([...scenarios.keys()]).toEqual([
      "authorization-server-metadata-endpoint",
      "authorization-code-grant",
    ]);
    for (const [name, { passed, failed }] of scenarios) {
      expect({ name, failed }, output).toEqual({ name, failed: 0 });
      expect(passed, name).toBeGreaterThan(0);
    }
    expect(exitCode, output).toBe(0);
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});

async function registerRunner(issuer: string, port: number): Promise<string> {
  const response = await fetch(`${issuer}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "Conformance runner",
      redirect_uris: [`http://127.0.0.1:${port}/callback`],
      token_endpoint_auth_method: "none",
    }),
  });
  return ((await response.json()) as { client_id: string }).client_id;
}
