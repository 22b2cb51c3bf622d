import type { GrantRefusal } from "../../core/grant.ts";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { Store } from "../store.ts";

/** Writes why a client was refused tokens for its grant. No index has a column of it. */
export function grantRefusalQueries(db: QueryBuilder, connection: Connection): Pick<Store, "recordRefusal"> {
  const record = prepare(
    (given: Given<{ id: string; refusal: GrantRefusal; now: number }>) =>
      db
        .updateTable("grants")
        .set({ refused_at: given("now"), refusal: given("refusal") })
        .where("id", "=", given("id")),
    () => undefined,
  );
  return {
    async recordRefusal(id, refusal, now) {
      await connection.write(record({ id, refusal, now }));
    },
  };
}
