import { sql } from "kysely";
import type { CredentialUse } from "../credential.ts";
import type { SignInRecord } from "../people-records.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder } from "../query.ts";

/** The uses of credentials that count once. Each statement returns a row where the use holds. */
export function credentialUses(
  db: QueryBuilder,
): (use: { readonly personId: string; readonly uses: CredentialUse; readonly now: number }) => Query<string> {
  const step = prepare(
    (given: Given<{ personId: string; counter: number; now: number }>) =>
      db
        .updateTable("credentials")
        .set({ counter: given("counter"), used_at: given("now") })
        .where("person_id", "=", given("personId"))
        .where("kind", "=", sql.lit("totp"))
        .where("id", "=", sql.lit(""))
        .where("counter", "<", given("counter"))
        .returning("person_id"),
    (row) => row.person_id,
  );

  const sign = prepare(
    (given: Given<{ personId: string; id: string; counter: number; secret: string; now: number }>) =>
      db
        .updateTable("credentials")
        .set({ counter: given("counter"), secret: given("secret"), used_at: given("now") })
        .where("person_id", "=", given("personId"))
        .where("kind", "=", sql.lit("passkey"))
        .where("id", "=", given("id"))
        // One that does not count says 0 each time (WebAuthn §6.1.1).
        .where((eb) =>
          eb.or([
            eb("counter", "<", given("counter")),
            eb.and([eb("counter", "=", sql.lit(0)), eb("counter", "=", given("counter"))]),
          ]),
        )
        .returning("person_id"),
    (row) => row.person_id,
  );

  const spend = prepare(
    (given: Given<{ personId: string; id: string }>) =>
      db
        .deleteFrom("credentials")
        .where("person_id", "=", given("personId"))
        .where("kind", "=", sql.lit("recovery_code"))
        .where("id", "=", given("id"))
        .returning("person_id"),
    (row) => row.person_id,
  );

  return ({ personId, uses, now }) => {
    switch (uses.kind) {
      case "totp":
        return step({ personId, counter: uses.counter, now });
      case "passkey":
        return sign({ personId, id: uses.id, counter: uses.counter, secret: uses.secret, now });
      case "recovery_code":
        return spend({ personId, id: uses.id });
    }
  };
}

/** Whether what a sign-in uses and adds would hold now: looked at after one that wrote nothing. */
export function credentialsHold(db: QueryBuilder, connection: Connection) {
  const find = prepare(
    (given: Given<{ personId: string; kind: string; id: string }>) =>
      db
        .selectFrom("credentials")
        .select("counter")
        .where("person_id", "=", given("personId"))
        .where("kind", "=", given("kind"))
        .where("id", "=", given("id")),
    (row) => ({ counter: row.counter }),
  );

  return async ({ personId, uses, adds = [] }: SignInRecord): Promise<boolean> => {
    if (uses) {
      const [found] = await connection.read(find({ personId, kind: uses.kind, id: uses.id }));
      if (!found || !countsOn(uses, found.counter)) return false;
    }
    for (const { kind, id } of adds) {
      if ((await connection.read(find({ personId, kind, id }))).length > 0) return false;
    }
    return true;
  };
}

function countsOn(uses: CredentialUse, before: number | null): boolean {
  if (uses.kind === "recovery_code") return true;
  if (before === null) return false;
  return before < uses.counter || (uses.kind === "passkey" && before === 0 && uses.counter === 0);
}
