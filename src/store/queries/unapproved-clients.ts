import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { Store } from "../store.ts";

/** Clients that registered themselves and that nobody has approved yet: what strangers can fill the disk with. */
export function unapprovedClientQueries(
  db: QueryBuilder,
  connection: Connection,
): Pick<Store, "trimUnapprovedClients"> {
  const count = prepare(
    () =>
      db
        .selectFrom("clients")
        .select((eb) => [eb.fn.countAll<number>().as("count"), eb.fn.min("unapproved_since").as("oldest")])
        .where("unapproved_since", "is not", null),
    (row) => ({ count: Number(row.count), oldestAt: row.oldest }),
  );

  // In the statement: of several that do this at once, each finds what the others have left.
  const excess = (given: Given<{ most: number }>) =>
    db
      .selectFrom("clients")
      .select((eb) =>
        eb
          .case()
          .when(eb.fn.countAll<number>(), ">", given("most"))
          .then(eb(eb.fn.countAll<number>(), "-", given("most")))
          .else(eb.lit(0))
          .end()
          .as("excess"),
      )
      .where("unapproved_since", "is not", null);

  const deleteOldest = prepare(
    (given: Given<{ most: number; before: number }>) =>
      db
        .deleteFrom("clients")
        .where("id", "in", (eb) =>
          eb
            .selectFrom("clients as old")
            .select("old.id")
            .where("old.unapproved_since", "<=", given("before"))
            // One that was removed and came back has the grants of before for a while.
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(selectFrom("grants").select("grants.id").whereRef("grants.client_id", "=", "old.id")),
              ),
            )
            .orderBy("old.unapproved_since")
            .limit(excess(given)),
        )
        // Again: it may be approved at this moment.
        .where("unapproved_since", "<=", given("before"))
        .returning("id"),
    (row) => row.id,
  );

  const counted = async () => (await connection.read(count({})))[0] ?? { count: 0, oldestAt: null };

  return {
    async trimUnapprovedClients(most, before) {
      const now = await counted();
      if (now.count <= most) return now;
      await connection.write(deleteOldest({ most, before }));
      return counted();
    },
  };
}
