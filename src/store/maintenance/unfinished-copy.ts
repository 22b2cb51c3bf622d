import { ConfigurationError } from "../../core/errors.ts";

/**
 * Stands among the migrations of a database that is being copied to, until everything is there. No version knows it, so
 * no server starts on half of the data.
 */
export const UNFINISHED_COPY = "unfinished-copy";

/** @throws ConfigurationError where the marker is there. */
export function refuseUnfinishedCopy(migrations: readonly string[], database: string): void {
  if (!migrations.includes(UNFINISHED_COPY)) return;
  throw new ConfigurationError(
    `The database ${database} is being copied to, and not all of it is there. ` +
      "Run the same gatehouse database copy again: it continues where it stopped.",
  );
}
