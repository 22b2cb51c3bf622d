import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { DisabledClientTable } from "../schema.ts";
import type { DisabledClient, Store } from "../store.ts";
import { auditNote } from "./audit.ts";
import { manyGrants } from "./many-grants.ts";

type DisabledClientQueries = Pick<Store, "listDisabledClients" | "disableClient" | "enableClient">;

/** Ids that the operator has disabled: few, and each process has all of them in memory. */
export function disabledClientQueries(db: QueryBuilder, connection: Connection): DisabledClientQueries {
  const note = auditNote(db);
  const grants = manyGrants(db, connection, "client_id");

  const list = prepare(
    () => db.selectFrom("disabled_clients").selectAll().orderBy("id"),
    (row): DisabledClient => ({ id: row.id, disabledAt: row.disabled_at }),
  );

  const disable = prepare(
    (given: Given<DisabledClientTable>) =>
      db
        .insertInto("disabled_clients")
        .values({ id: given("id"), disabled_at: given("disabled_at") })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning("id"),
    (row) => row.id,
  );

  const enable = prepare(
    (given: Given<{ id: string }>) =>
      db.deleteFrom("disabled_clients").where("id", "=", given("id")).returning("id"),
    (row) => row.id,
  );

  return {
    listDisabledClients: () => connection.read(list({})),
    async disableClient(id, now, entry) {
      const revocation = { id, now, reason: "client_disabled" } as const;
      await grants.revokeMost(revocation, entry);
      const [, disabled] = await connection.writeTogether(
        [grants.revokeRest(revocation), disable({ id, disabled_at: now })],
        note(entry),
      );
      return disabled.length > 0;
    },
    async enableClient(id, entry) {
      return (await connection.write(enable({ id }), note(entry))).length > 0;
    },
  };
}
