import { join } from "node:path";
import { expect, it } from "vitest";
import { runClientScenario } from "./runner.ts";

// The extension io.modelcontextprotocol/oauth-client-credentials, from the side of the program.
it.each(["auth/client-credentials-jwt", "auth/client-credentials-basic"])(
  "the client scenario %s passes with a TokenManager",
  async (scenario) => {
    const results = await runClientScenario(scenario, join(import.meta.dirname, "program.ts"));
    expect(results).toMatch(/Passed: (\d+)\/\1, 0 failed, 0 warnings/);
  },
);
