/** Whether this names a Postgres database. What does not is a file, or ":memory:". */
export function isPostgresUrl(database: string): boolean {
  return /^postgres(ql)?:\/\//i.test(database);
}

/** Whether somebody meant a Postgres database, and perhaps misspelt it: "postgre://…", "postgres:/…". */
export function meansPostgres(database: string): boolean {
  return /^postgre\w*(:|\/\/)/i.test(database);
}

/** The database as it may stand in a log or an error: no password is in it, nor a parameter that may be one. */
export function shownDatabase(database: string): string {
  if (!isPostgresUrl(database)) return database;
  const url = parsePostgresUrl(database);
  if (!url) return "postgres://…";
  return `postgres://${url.username === "" ? "" : `${url.username}@`}${url.host}${url.pathname}`;
}

/**
 * Undefined where it is no URL that says one thing: a `/`, `?` or `#` in a password that is not percent-encoded ends the
 * host, and the rest of the password would be taken for the path.
 */
export function parsePostgresUrl(database: string): URL | undefined {
  const url = isPostgresUrl(database) ? URL.parse(database) : null;
  return url && !/[@#]/.test(`${url.pathname}${url.search}${url.hash}`) ? url : undefined;
}

/** The database as a command may name it; undefined where it may hold a password, in whatever part. */
export function repeatableDatabase(database: string): string | undefined {
  if (!isPostgresUrl(database)) return database;
  const url = parsePostgresUrl(database);
  return url && url.password === "" && url.search === "" ? shownDatabase(database) : undefined;
}
