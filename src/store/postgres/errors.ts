import { ConfigurationError, OAuthError } from "../../core/errors.ts";
import { unavailable } from "../outage.ts";

/**
 * SQLSTATE codes (Postgres manual, appendix A), and classes of them by their first two characters. In all of these the
 * statement is right, and the database does not work now, or not for us.
 */
const OUTAGES: readonly string[] = [
  "08", // the connection
  "25006", // it is read-only: a standby, after the primary has moved
  "28", // it does not let us in any more
  "3D", // the database is gone
  "40", // the transaction was rolled back, again and again
  "53", // out of memory, disk or connections
  "55P03", // a lock was not to be had in time
  "57", // it is shut down, or cancelled the statement
  "58", // input or output failed
];

/** The statement did nothing: it lost a race, or its plan is of before a migration, or of another one's connection. */
const DID_NOTHING: readonly string[] = ["40001", "40P01", "0A000", ...preparedElsewhere()];

/** Of a pooler that gives each transaction another connection: the statement prepared on the last one is not there. */
function preparedElsewhere(): readonly string[] {
  return ["26000", "42P05"];
}

const NUL_CHARACTER = "22021";

/** Two processes that add a row at once both take the next number; the second one takes the one after it. */
const NUMBERED: readonly unknown[] = ["signing_keys_ordinal_key"];

/** Whether running the same again is safe, and may help. */
export function isRepeatable(error: unknown): boolean {
  if (DID_NOTHING.includes(sqlState(error) ?? "")) return true;
  return (
    sqlState(error) === "23505" &&
    error instanceof Error &&
    "constraint" in error &&
    NUMBERED.includes(error.constraint)
  );
}

/** Whether prepared statements do not last here from one statement to the next. */
export function isPreparedElsewhere(error: unknown): boolean {
  return preparedElsewhere().includes(sqlState(error) ?? "");
}

/** Whether a connection is of use after this error. */
export function isUsableAfter(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && !["08", "0A", "25", "26", "57", "58"].includes(state.slice(0, 2));
}

/**
 * What a failed statement is to its caller: an outage to be answered 503, or a mistake of ours. What the row held is in
 * neither: Postgres says it in an error's detail, which is left behind.
 */
export function toStoreError(error: unknown): unknown {
  if (error instanceof OAuthError) return error;
  const state = sqlState(error);
  const message = error instanceof Error ? error.message : String(error);
  // Without a code it did not come from Postgres, but from the way there.
  if (state === undefined) return unavailable(message);
  if (OUTAGES.some((outage) => state.startsWith(outage))) return unavailable(`${message} (${state})`);
  if (state === NUL_CHARACTER) {
    return new OAuthError("invalid_request", "A value has a NUL character, which cannot be kept.");
  }
  return new Error(`Postgres refused a statement: ${message} (${state})`);
}

/** Whether waiting for a while may help to open it: Postgres is starting, or is not there yet. */
export function isNotThereYet(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return ["57P03", "53300"].includes(state);
  return ["ECONNREFUSED", "ECONNRESET", "ENOENT"].includes(systemCode(error) ?? "");
}

/**
 * Why a database cannot be opened, in one sentence that says what to do.
 * @param name the database without its password.
 */
export function openingError(error: unknown, name: string): ConfigurationError {
  if (error instanceof ConfigurationError) return error;
  return new ConfigurationError(`The database ${name} ${openingProblem(error)}`);
}

function openingProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const state = sqlState(error);
  switch (state) {
    case "28P01":
      return "refuses this user or password. Correct them in the URL, or set PGPASSWORD.";
    case "28000":
      return `does not let this user in: ${message}. Correct the user, or pg_hba.conf; for TLS, add ?sslmode=verify-full to the URL.`;
    case "3D000":
      return "does not exist. Make it with createdb, or name another one.";
    case "42501":
      return `does not give this user the rights that it needs: ${message}. Run, as its owner: ${grantFor(message)} TO the user.`;
    case "42P07":
      return `has tables of another program: ${message}. Name another database.`;
    case "53300":
      return "has no connection left. Raise its max_connections, or lower databaseConnections on each instance.";
    case "08P01":
      // PgBouncer's words for what it does not pass on.
      if (/startup parameter/.test(message)) {
        return "is behind PgBouncer, which needs to be known: add ?pgbouncer=true to its URL.";
      }
  }
  const { syscall, path, code } = error as NodeJS.ErrnoException;
  if (syscall === "open") {
    return `has ${path} in its URL, which cannot be read (${code}). Correct sslrootcert, sslcert and sslkey.`;
  }
  switch (systemCode(error)) {
    case "ECONNREFUSED":
    case "ENOENT":
      return "cannot be reached: nothing listens there. Start Postgres, or correct the host and port.";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "cannot be reached: its host is not known. Correct the host.";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "cannot be reached from here. Correct the host and port, or let this machine through the firewall.";
  }
  if (/password must be a string/.test(message)) {
    return "needs a password. Put it in the URL, or set PGPASSWORD.";
  }
  if (/timeout/i.test(message)) {
    return "does not answer in time. Correct the host and port, or let this machine through the firewall.";
  }
  if (/does not support SSL/.test(message)) {
    return "does not speak TLS. Switch it on there, or remove sslmode from the URL.";
  }
  if (/certificate/i.test(message)) {
    return `shows a certificate that is not trusted: ${message}. Name its authority's file with ?sslmode=verify-full&sslrootcert=<file> in the URL.`;
  }
  return `cannot be opened: ${message}${state === undefined ? "" : ` (${state})`}. Check it, or name another one.`;
}

/** The right that a refusal is about. */
function grantFor(message: string): string {
  if (/for database/.test(message)) return "GRANT CONNECT ON DATABASE its name";
  if (/for (table|relation|sequence)/.test(message))
    return "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public";
  return "GRANT CREATE ON SCHEMA public";
}

/** Five characters, which no code of the operating system's is. */
function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith("E") ? code : undefined;
}

/** A name with several addresses fails with one error for each. */
function systemCode(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error) ?? codeOf(error.errors[0]);
  return codeOf(error);
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
