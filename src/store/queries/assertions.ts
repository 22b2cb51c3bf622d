import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { AssertionTable } from "../schema.ts";
import type { Store } from "../store.ts";

/** The `jti` of client assertions (RFC 7523 §3): each is used once. */
export function assertionQueries(
  db: QueryBuilder,
  connection: Connection,
): Pick<Store, "useAssertion" | "isAssertionUsed"> {
  const { use, find } = assertionStatements(db);
  return {
    async isAssertionUsed(clientId, jti) {
      return (await connection.read(find({ client_id: clientId, jti }))).length > 0;
    },
    async useAssertion(clientId, jti, expiresAt) {
      return (await connection.write(use({ client_id: clientId, jti, expires_at: expiresAt }))).length > 0;
    },
  };
}

/** `use` returns no row where it was used before. */
export function assertionStatements(db: QueryBuilder) {
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

  const find = prepare(
    (given: Given<Pick<AssertionTable, "client_id" | "jti">>) =>
      db
        .selectFrom("assertions")
        .select("jti")
        .where("client_id", "=", given("client_id"))
        .where("jti", "=", given("jti")),
    (row) => row.jti,
  );

  return { use, find };
}
