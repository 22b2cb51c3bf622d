import type { PersonRecord } from "../../store/people-records.ts";

/** The first sign-in is written a moment before its person is. */
const A_MOMENT_MS = 60_000;

/**
 * From when on the audit log's entries of an id are a person's own. Before that, the id can have been someone else's, who was
 * removed: what they did is not for this person to read.
 */
export function ownEntriesSince(record: Pick<PersonRecord, "createdAt"> | undefined): number | undefined {
  return record && record.createdAt - A_MOMENT_MS;
}
