import { z } from "zod";
import { isPostgresUrl, meansPostgres, parsePostgresUrl } from "../core/database-url.ts";
import { slipOf } from "./misspelling.ts";

const DATABASE =
  'a file, such as "./gatehouse.db", ":memory:", or "postgres://user:password@host:5432/name", ' +
  "with the special characters of the password percent-encoded";
const POSTGRES =
  '"postgres://user:password@host:5432/name", with a port up to 65535 and the special characters of user and password ' +
  "percent-encoded";

/** Other libraries take a file as a URL. SQLite would make a file of that whole name. */
const FILE_URL = /^(?:file|sqlite3?):(?:\/\/(?=\/))?([^?]+)/i;

/** What pg would pass over where it is misspelt, and then be without TLS, or not know the pooler. */
const PARAMETERS = ["ssl", "sslmode", "sslnegotiation", "sslrootcert", "sslcert", "sslkey", "pgbouncer"];
const SSL_MODES = ["disable", "no-verify", "prefer", "require", "verify-ca", "verify-full"];

/** A file, ":memory:", or `postgres://…`. */
export const databaseSchema = z.string(DATABASE).check((context) => {
  const must = mustBe(context.value);
  if (must !== undefined) context.issues.push({ code: "custom", input: context.value, message: must });
});

/** What would be right in place of this, where it is wrong. */
function mustBe(database: string): string | undefined {
  if (isPostgresUrl(database)) {
    const url = parsePostgresUrl(database);
    return url ? parametersMustBe(url.searchParams) : POSTGRES;
  }
  if (meansPostgres(database)) return POSTGRES;
  const [, path] = FILE_URL.exec(database) ?? [];
  if (path !== undefined) return `the path of the file alone: "${path}"`;
  return database === "" || database.includes("://") ? DATABASE : undefined;
}

function parametersMustBe(parameters: URLSearchParams): string | undefined {
  for (const name of parameters.keys()) {
    const meant = PARAMETERS.includes(name) ? undefined : slipOf(name, PARAMETERS);
    if (meant !== undefined) return `one with ${meant} instead of ${name}`;
  }
  const modes = parameters.getAll("sslmode");
  if (modes.length > 1) return "one with sslmode once";
  return modes.every((mode) => SSL_MODES.includes(mode))
    ? undefined
    : `one whose sslmode is one of ${SSL_MODES.join(", ")}`;
}
