import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["gatehouse-source"] },
  ssr: { resolve: { conditions: ["gatehouse-source"] } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // A browser, listeners and child processes start on two cores: generous, so that only a hang fails.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
