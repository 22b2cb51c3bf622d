import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { AssertionTable } from "../schema.ts";
import type { Store } from "../store.ts";

/** The `jti` of client assertions (RFC 7523 §3): each is used once. */
export function assertionQueries(db: QueryBuilder, connection: Connection): Pick<Store, "useAssertion"> {
  const use = prepare(
    (given: Given<AssertionTable>) =>
      db
        .insertInto("assertions")
        .values({
          client_id: given("client_id"),
          jti: given("jti"),
          expires_at: given("expires_at"),
        })
        .onConflict((conflict) => conflict.columns(["client_id", "jti"]).doNothing())
        .returning("jti"),
    (row) => row.jti,
  );
  return {
    async useAssertion(clientId, jti, expiresAt) {
      return (await connection.write(use({ client_id: clientId, jti, expires_at: expiresAt }))).length > 0;
    },
  };
}
