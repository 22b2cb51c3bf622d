import { ConfigurationError } from "../../../core/errors.ts";
import type { SessionRecord } from "../../../store/people-records.ts";
import { toRun } from "../../same-database.ts";

const LENGTH = 10;

/** What the commands call a session: enough of its hash to tell the sessions of one person apart. */
export function shortId({ hash }: Pick<SessionRecord, "hash">): string {
  return hash.slice(0, LENGTH);
}

/** @throws ConfigurationError where the person has no such session. */
export function sessionNamed(id: string, sessions: readonly SessionRecord[]): SessionRecord {
  if (id === "") throw new ConfigurationError(`--session is empty. See: ${toRun("person show <person>")}`);
  const [found, another] = sessions.filter((session) => shortId(session) === id);
  if (found && !another) return found;
  throw new ConfigurationError(
    `The person has no session ${id}; it may have ended. See: ${toRun("person show <person>")}`,
  );
}
