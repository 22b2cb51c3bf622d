import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { FamiliarNetworkTable } from "../schema.ts";
import type { Store } from "../store.ts";

type FamiliarNetworkQueries = Pick<Store, "isFamiliarNetwork" | "rememberNetwork">;

/** Networks from which usernames have signed in. */
export function familiarNetworkQueries(db: QueryBuilder, connection: Connection): FamiliarNetworkQueries {
  const find = prepare(
    (given: Given<{ name: string; network: string; now: number }>) =>
      db
        .selectFrom("familiar_networks")
        .select("name")
        .where("name", "=", given("name"))
        .where("network", "=", given("network"))
        .where("ends_at", ">", given("now")),
    (row) => row.name,
  );

  const remember = prepare(
    (given: Given<FamiliarNetworkTable & { now: number }>) =>
      db
        .insertInto("familiar_networks")
        .columns(["name", "network", "person", "ends_at"])
        .expression(
          db
            .selectNoFrom([
              given("name").as("name"),
              given("network").as("network"),
              given("person").as("person"),
              given("ends_at").as("ends_at"),
            ])
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(
                  selectFrom("familiar_networks")
                    .select("name")
                    .where("name", "=", given("name"))
                    .where("person", "<>", given("person"))
                    .where("ends_at", ">", given("now")),
                ),
              ),
            ),
        )
        .onConflict((conflict) =>
          conflict.columns(["name", "network"]).doUpdateSet((eb) => ({
            person: eb.ref("excluded.person"),
            ends_at: eb.ref("excluded.ends_at"),
          })),
        )
        .returning("name"),
    (row) => row.name,
  );

  return {
    async isFamiliarNetwork(name, network, now) {
      return (await connection.read(find({ name, network, now }))).length > 0;
    },
    async rememberNetwork({ name, network, person, until }, now) {
      return (await connection.write(remember({ name, network, person, ends_at: until, now }))).length > 0;
    },
  };
}
