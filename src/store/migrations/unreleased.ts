/** The first step of every schema from before the first release. */
const UNRELEASED = "0001-initial";

/** Whether a version from before the first release made a database that has had these migrations. */
export function isUnreleased(migrations: readonly string[]): boolean {
  return migrations.includes(UNRELEASED);
}

/** Why such a database is refused, and what to do. */
export function unreleasedProblem(database: string): string {
  return (
    `The database ${database} was made before the first release of Gatehouse and cannot be upgraded. ` +
    "Name a new database, or move this one away; the secret can stay, and clients have to connect again."
  );
}
