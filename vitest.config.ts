import { defineConfig } from "vitest/config";

/** What a test needs beside Node stands in its file's name: `open.postgres.test.ts`. */
const named = (need: string): string[] => [`{src,test}/**/*.${need}.test.ts`];

/** Postgres: one that all files share, or one of a file's own. */
const POSTGRES = named("postgres");
/** Pages in Chromium. */
const BROWSER = named("browser");
/**
 * Programs as processes, clients over sockets, waits in real time, what a process loads or sets up once, and attacks and properties
 * that take seconds: the quick ones together are to take less than a minute.
 */
const SYSTEM = named("system");

export default defineConfig({
  resolve: { conditions: ["gatehouse-source"] },
  ssr: { resolve: { conditions: ["gatehouse-source"] } },
  test: {
    // A browser, listeners and child processes start on two cores: generous, so that only a hang fails.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // One more than cores: what waits for a socket or a timer leaves its core to another file.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: ["{src,test}/**/*.test.ts"],
          exclude: [...POSTGRES, ...BROWSER, ...SYSTEM],
          // Files share what they import: loading it for each takes three times as long as all their tests.
          isolate: false,
          setupFiles: ["test/support/close-servers.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "postgres",
          include: POSTGRES,
          globalSetup: ["test/support/postgres/start-shared.ts"],
          isolate: false,
          setupFiles: ["test/support/close-servers.ts"],
        },
      },
      { extends: true, test: { name: "browser", include: BROWSER } },
      { extends: true, test: { name: "system", include: SYSTEM } },
    ],
  },
});
