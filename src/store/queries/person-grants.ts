import type { PeopleStore } from "../people-store.ts";
import type { Connection, QueryBuilder } from "../query.ts";
import { auditNote } from "./audit.ts";
import { manyGrants } from "./many-grants.ts";

/** What a person has approved. */
export function personGrantQueries(
  db: QueryBuilder,
  connection: Connection,
): Pick<PeopleStore, "revokePersonsGrants"> {
  const note = auditNote(db);
  const grants = manyGrants(db, connection, "person_id");
  return {
    async revokePersonsGrants(personId, reason, now, entry) {
      const revocation = { id: personId, now, reason };
      await grants.revokeMost(revocation, entry);
      await connection.write(grants.revokeRest(revocation), note(entry));
    },
  };
}
