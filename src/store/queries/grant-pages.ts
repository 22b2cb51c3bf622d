import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { Store } from "../store.ts";
import { auditNote } from "./audit.ts";
import { KEPT_AFTER_END_MS } from "./expiry.ts";

/** What concerns every grant, in pages by primary key: neither memory nor a transaction holds all of them. */
export function grantPageQueries(
  db: QueryBuilder,
  connection: Connection,
): Pick<Store, "revokeNextGrants" | "countRefreshTokens"> {
  const note = auditNote(db);

  const nextIds = prepare(
    (given: Given<{ after: string; limit: number }>) =>
      db
        .selectFrom("grants")
        .select("id")
        .where("id", ">", given("after"))
        .orderBy("id")
        .limit(given("limit")),
    (row) => row.id,
  );

  const revokeBetween = prepare(
    (given: Given<{ after: string; last: string; now: number; dueAt: number }>) =>
      db
        .updateTable("grants")
        .set({ revoked_at: given("now"), revoked_reason: "operator", due_at: given("dueAt") })
        .where("id", ">", given("after"))
        .where("id", "<=", given("last"))
        .where("revoked_at", "is", null)
        .returning("id"),
    (row) => row.id,
  );

  const countNext = countTokensOfNext(db);

  return {
    async revokeNextGrants(after, limit, now, entry) {
      const last = (await connection.read(nextIds({ after, limit }))).at(-1);
      if (last === undefined) return undefined;
      const revocation = revokeBetween({ after, last, now, dueAt: now + KEPT_AFTER_END_MS });
      await connection.write(revocation, note(entry));
      return last;
    },
    async countRefreshTokens(page) {
      const [counted] = await connection.read(countNext(page));
      if (!counted || counted.last === null) return undefined;
      return { ...counted, last: counted.last };
    },
  };
}

function countTokensOfNext(db: QueryBuilder) {
  return prepare(
    (given: Given<{ after: string; limit: number; madeUntil: number; now: number }>) =>
      db
        .selectFrom((from) =>
          from
            .selectFrom("grants")
            .select((eb) => [
              "id",
              eb
                .case()
                .when(
                  eb.and([
                    eb("revoked_at", "is", null),
                    eb("refresh_expires_at", ">", given("now")),
                    eb("ends_at", ">", given("now")),
                    // Null before the code is redeemed: there is no refresh token yet.
                    eb("rotated_at", "<=", given("madeUntil")),
                  ]),
                )
                .then(eb.ref("refresh_expires_at"))
                .else(null)
                .end()
                .as("token_ends_at"),
            ])
            .where("id", ">", given("after"))
            .orderBy("id")
            .limit(given("limit"))
            .as("page"),
        )
        .select(({ fn }) => [
          fn.max("page.id").as("last"),
          fn.count<number>("page.token_ends_at").as("count"),
          fn.max("page.token_ends_at").as("last_ends_at"),
        ]),
    // Over no row, the greatest is null, whatever the types say.
    ({ last, count, last_ends_at }) => ({
      last: last as string | null,
      count: Number(count),
      lastEndsAt: last_ends_at,
    }),
  );
}
