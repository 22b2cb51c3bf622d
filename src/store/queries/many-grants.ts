import { sql } from "kysely";
import type { AuditEntry, AuditedEvent } from "../../core/events.ts";
import type { RevocationReason } from "../../core/grant.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder } from "../query.ts";
import { auditNote } from "./audit.ts";
import { KEPT_AFTER_END_MS } from "./expiry.ts";
import { NO_REDIRECT } from "./grant-lists.ts";

/** That all grants of the client, or the person, with this id are revoked. */
export type RevocationOfMany = {
  readonly id: string;
  readonly now: number;
  readonly reason: RevocationReason;
  /** What the grants keep of their person, as JSON. Where it is missing, all. */
  readonly person?: string;
};

/** The events that end many grants. Each has a field for whose they are, so an entry of it can become that of a revocation. */
export type EndOfMany = Extract<
  AuditedEvent,
  "grant.revoked" | `client.${"removed" | "disabled"}` | `person.${"removed" | "disabled" | "signed_out"}`
>;

/** Revokes the grants of a client or a person. There may be any number, and revoking them all takes longer than a statement may. */
export type ManyGrants = {
  /** Leaves so few that {@link ManyGrants.revokeRest} is quick. @param entry of what ends them, in the last commit */
  revokeMost(revocation: RevocationOfMany, entry: AuditEntry<EndOfMany>): Promise<void>;
  /** For the commit of what ends them. Returns a row for each. */
  revokeRest(revocation: RevocationOfMany): Query<string>;
};

const REVOKED_AT_ONCE = 2000;

/** @param whose the column that says whose grants they are */
export function manyGrants(
  db: QueryBuilder,
  connection: Connection,
  whose: "client_id" | "person_id",
): ManyGrants {
  const note = auditNote(db);

  const revoke = (given: Given<Row>) =>
    db
      .updateTable("grants")
      .set(({ fn }) => ({
        revoked_at: given("now"),
        revoked_reason: given("reason"),
        due_at: given("dueAt"),
        person: fn.coalesce(given("person"), "person"),
      }))
      .where(whose, "=", given("id"))
      .where("revoked_at", "is", null)
      // Of a person, what they approved: a program's own grant stays its own, whatever its id.
      .$if(whose === "person_id", (theirs) => theirs.where("redirect_uri", "<>", sql.lit(NO_REDIRECT)))
      .returning("id");

  const revokeAll = prepare(revoke, (row) => row.id);

  const oldestLive = (given: Given<Page>) =>
    db
      .selectFrom("grants as oldest")
      .where(`oldest.${whose}`, "=", given("id"))
      .where("oldest.created_at", ">=", given("since"))
      .where("oldest.revoked_at", "is", null)
      .orderBy("oldest.created_at")
      .limit(given("limit"));

  const findOldest = prepare(
    (given: Given<Page>) => oldestLive(given).select("oldest.created_at"),
    (row) => row.created_at,
  );

  const revokeOldest = prepare(
    (given: Given<Row & Page>) => revoke(given).where("id", "in", oldestLive(given).select("oldest.id")),
    (row) => row.id,
  );

  return {
    async revokeMost(revocation, entry) {
      const { id, reason } = revocation;
      const noted = note({ ...entry, event: "grant.revoked", fields: { ...entry.fields, reason } });
      for (let since = 0; ; ) {
        const made = await connection.read(findOldest({ id, since, limit: REVOKED_AT_ONCE }));
        if (made.length < REVOKED_AT_ONCE) return;
        await connection.write(revokeOldest({ ...toRow(revocation), since, limit: REVOKED_AT_ONCE }), noted);
        since = made.at(-1) ?? since;
      }
    },
    revokeRest: (revocation) => revokeAll(toRow(revocation)),
  };
}

type Row = Omit<RevocationOfMany, "person"> & { readonly dueAt: number; readonly person: string | null };
type Page = { readonly id: string; readonly since: number; readonly limit: number };

function toRow(revocation: RevocationOfMany): Row {
  return {
    ...revocation,
    dueAt: revocation.now + KEPT_AFTER_END_MS,
    person: revocation.person ?? null,
  };
}
