import type { AuditEntry } from "../../core/events.ts";
import type { RevocationReason } from "../../core/grant.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder } from "../query.ts";
import { auditNote } from "./audit.ts";
import { KEPT_AFTER_END_MS } from "./expiry.ts";

/** That all grants of the client with this id are revoked. */
export type ClientRevocation = {
  readonly id: string;
  readonly now: number;
  readonly reason: RevocationReason;
};

/** Revokes the grants of a client. Everybody may have one, and revoking them all takes longer than a statement may. */
export type ClientGrants = {
  /** Leaves so few that {@link ClientGrants.revokeRest} is quick. @param entry of what ends them, in the last commit */
  revokeMost(
    revocation: ClientRevocation,
    entry: AuditEntry<"client.removed"> | AuditEntry<"client.disabled">,
  ): Promise<void>;
  /** For the commit of what ends them. */
  revokeRest(revocation: ClientRevocation): Query<unknown>;
};

const REVOKED_AT_ONCE = 2000;

export function clientGrants(db: QueryBuilder, connection: Connection): ClientGrants {
  const note = auditNote(db);

  const revoke = (given: Given<Row>) =>
    db
      .updateTable("grants")
      .set({ revoked_at: given("now"), revoked_reason: given("reason"), due_at: given("dueAt") })
      .where("client_id", "=", given("id"))
      .where("revoked_at", "is", null);

  const revokeAll = prepare(revoke, () => undefined);

  const oldestLive = (given: Given<Page>) =>
    db
      .selectFrom("grants as oldest")
      .where("oldest.client_id", "=", given("id"))
      .where("oldest.created_at", ">=", given("since"))
      .where("oldest.revoked_at", "is", null)
      .orderBy("oldest.created_at")
      .limit(given("limit"));

  const findOldest = prepare(
    (given: Given<Page>) => oldestLive(given).select("oldest.created_at"),
    (row) => row.created_at,
  );

  const revokeOldest = prepare(
    (given: Given<Row & Page>) =>
      revoke(given).where("id", "in", oldestLive(given).select("oldest.id")).returning("id"),
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

type Row = ClientRevocation & { readonly dueAt: number };
type Page = { readonly id: string; readonly since: number; readonly limit: number };

function toRow(revocation: ClientRevocation): Row {
  return { ...revocation, dueAt: revocation.now + KEPT_AFTER_END_MS };
}
