import { inject } from "vitest";
import { databasesOf, type TestDatabases } from "./databases.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the Postgres that `start-shared.ts` starts for all files of a project. */
    readonly postgresUrl: string;
  }
}

/** What a file makes on the Postgres that it shares with the others. */
export type SharedPostgres = TestDatabases & {
  /** Deletes the databases that were made; Postgres goes on. */
  stop(): Promise<void>;
};

/**
 * The Postgres that all files share: for tests that need databases, and leave Postgres itself as it is. Roles, settings
 * and activity of the whole cluster are everybody's. In `beforeAll`; `stop()` it in `afterAll`.
 */
export async function sharedPostgres(): Promise<SharedPostgres> {
  const databases = databasesOf(inject("postgresUrl"));
  const made: string[] = [];
  return {
    ...databases,
    async freshDatabase(clauses) {
      const url = await databases.freshDatabase(clauses);
      made.push(url);
      return url;
    },
    async stop() {
      for (const url of made.splice(0)) await databases.drop(url);
    },
  };
}
