import type { TestProject } from "vitest/node";
import { startPostgres } from "./postgres.ts";

// One Postgres for a whole project, as vitest's globalSetup.

/** Statistics that come while a test looks at its plan change it, and PgBouncer's tests connect by the hundred. */
const FLAGS = ["autovacuum=off", "max_connections=500"];

export default async function startShared(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres({ flags: FLAGS });
  project.provide("postgresUrl", postgres.url());
  return () => postgres.stop();
}
