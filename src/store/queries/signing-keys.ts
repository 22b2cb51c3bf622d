import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import { toSigningKey } from "../rows.ts";
import type { SigningKeyTable } from "../schema.ts";
import type { Store, StoredSigningKey } from "../store.ts";
import { auditNote } from "./audit.ts";

type SigningKeyQueries = Pick<
  Store,
  "listSigningKeys" | "addSigningKey" | "addFirstSigningKey" | "resealSigningKey" | "replaceSigningKeys"
>;

export function signingKeyQueries(db: QueryBuilder, connection: Connection): SigningKeyQueries {
  const note = auditNote(db);

  const list = prepare(() => db.selectFrom("signing_keys").selectAll().orderBy("ordinal"), toSigningKey);

  const add = addKey(db);
  const addFirst = addFirstKey(db);

  const retire = prepare(
    (given: Given<{ except: string; signsUntil: number; publishedUntil: number }>) =>
      db
        .updateTable("signing_keys")
        .set({ signs_until: given("signsUntil"), published_until: given("publishedUntil") })
        .where("kid", "!=", given("except"))
        // A key that ends earlier stays that way: nothing makes a retired key sign again.
        .where((eb) => eb.or([eb("signs_until", "is", null), eb("signs_until", ">", given("signsUntil"))])),
    () => undefined,
  );

  const reseal = prepare(
    (given: Given<{ kid: string; before: string; sealed: string }>) =>
      db
        .updateTable("signing_keys")
        .set({ sealed_private_jwk: given("sealed") })
        .where("kid", "=", given("kid"))
        .where("sealed_private_jwk", "=", given("before"))
        .returning("kid"),
    (row) => row.kid,
  );

  const removeAll = prepare(
    () => db.deleteFrom("signing_keys"),
    () => undefined,
  );

  return {
    listSigningKeys: () => connection.read(list({})),
    async addSigningKey(key, othersPublishedUntil, entry) {
      // The key first: of two that are added at once, the second sees the first one, and retires it.
      await connection.writeTogether([
        add(toRow(key)),
        retire({ except: key.kid, signsUntil: key.signsFrom, publishedUntil: othersPublishedUntil }),
        note(entry),
      ]);
    },
    async addFirstSigningKey(key) {
      const [, keys] = await connection.writeTogether([addFirst(toRow(key)), list({})]);
      return keys;
    },
    async resealSigningKey({ kid, before, sealed }, entry) {
      return (await connection.write(reseal({ kid, before, sealed }), note(entry))).length > 0;
    },
    async replaceSigningKeys(key, entry) {
      await connection.writeTogether([removeAll({}), add(toRow(key))], note(entry));
    },
  };
}

function addKey(db: QueryBuilder) {
  return prepare(
    (given: Given<KeyRow>) =>
      db
        .insertInto("signing_keys")
        .values((eb) => ({
          kid: given("kid"),
          algorithm: given("algorithm"),
          public_jwk: given("public_jwk"),
          sealed_private_jwk: given("sealed_private_jwk"),
          created_at: given("created_at"),
          signs_from: given("signs_from"),
          signs_until: given("signs_until"),
          published_until: given("published_until"),
          ordinal: eb
            .selectFrom("signing_keys as other")
            .select(({ eb: sum, fn }) =>
              sum(fn.coalesce(fn.max("other.ordinal"), sum.lit(0)), "+", sum.lit(1)).as("ordinal"),
            ),
        }))
        .returning("kid"),
    (row) => row.kid,
  );
}

/** Only where the table is empty; and where two look at once and both see it empty, both want to be number 1. */
function addFirstKey(db: QueryBuilder) {
  return prepare(
    (given: Given<KeyRow>) =>
      db
        .insertInto("signing_keys")
        .columns([...COLUMNS, "ordinal"])
        .expression(
          db
            .selectNoFrom((eb) => [...COLUMNS.map((name) => given(name).as(name)), eb.lit(1).as("ordinal")])
            .where(({ not, exists, selectFrom }) =>
              not(exists(selectFrom("signing_keys as other").select("other.kid"))),
            ),
        )
        .onConflict((conflict) => conflict.column("ordinal").doNothing()),
    () => undefined,
  );
}

type KeyRow = Omit<SigningKeyTable, "ordinal">;

const COLUMNS = [
  "kid",
  "algorithm",
  "public_jwk",
  "sealed_private_jwk",
  "created_at",
  "signs_from",
  "signs_until",
  "published_until",
] as const satisfies readonly (keyof KeyRow)[];

function toRow(key: StoredSigningKey): KeyRow {
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    public_jwk: JSON.stringify(key.publicJwk),
    sealed_private_jwk: key.sealedPrivateJwk,
    created_at: key.createdAt,
    signs_from: key.signsFrom,
    signs_until: key.signsUntil,
    published_until: key.publishedUntil,
  };
}
