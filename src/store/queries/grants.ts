import {
  type AliasableExpression,
  type Expression,
  type ExpressionBuilder,
  type OnConflictBuilder,
  type SqlBool,
  sql,
} from "kysely";
import type { RevocationReason } from "../../core/grant.ts";
import type { Approval, ProgramGrant, RefreshRotation } from "../grant-records.ts";
import type { Dialect } from "../migrations/migration.ts";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import { toGrant } from "../rows.ts";
import type { GrantTable, Schema } from "../schema.ts";
import type { Store } from "../store.ts";
import { auditNote } from "./audit.ts";
import { KEPT_AFTER_END_MS } from "./expiry.ts";
import { heldRows } from "./held-rows.ts";

type GrantQueries = Pick<
  Store,
  "approve" | "grantToProgram" | "findGrant" | "redeemCode" | "rotateRefresh" | "revokeGrant"
>;

/** What happens to a grant. Every change is one statement that says itself when it applies. */
export function grantQueries(db: QueryBuilder, connection: Connection, dialect: Dialect): GrantQueries {
  const note = auditNote(db);
  const insert = insertGrant(db, dialect);
  const insertResting = insertRestingGrant(db, dialect);
  const insertOfProgram = insertProgramGrant(db);
  const approveAgain = approveGrantAgain(db);

  const find = prepare(
    (given: Given<{ id: string }>) => db.selectFrom("grants").selectAll().where("id", "=", given("id")),
    toGrant,
  );

  const redeem = prepare(
    (given: Given<{ id: string; refreshExpiresAt: number; now: number }>) =>
      db
        .updateTable("grants")
        .set({
          redeemed_at: given("now"),
          generation: 1,
          rotated_at: given("now"),
          // No token before it can come back: it is for the person, who is told when the app first used what it got.
          unused_generation: 1,
          refresh_expires_at: given("refreshExpiresAt"),
        })
        .where("id", "=", given("id"))
        .where("redeemed_at", "is", null)
        .where("code_expires_at", ">", given("now"))
        .where("revoked_at", "is", null)
        .returningAll(),
    toGrant,
  );

  const rotate = rotateGrant(db);

  const revoke = prepare(
    (given: Given<{ id: string; reason: RevocationReason; now: number; dueAt: number }>) =>
      db
        .updateTable("grants")
        .set({
          revoked_at: given("now"),
          revoked_reason: given("reason"),
          due_at: given("dueAt"),
        })
        .where("id", "=", given("id"))
        .where("revoked_at", "is", null)
        .returning("id"),
    (row) => row.id,
  );

  return {
    async approve(approval, entry) {
      const row = toRow(approval);
      const { signedInAt, restsOn } = approval;
      // The same approval is one entry, but for what is more than it: the code went to the person, to be carried by hand.
      const again = "callback_shown" in entry.fields && entry.fields.callback_shown ? [note(entry)] : [];
      const insertion =
        restsOn === undefined
          ? insert({ ...row, signedInAt })
          : insertResting({ ...row, signedInAt, restsOn });
      return (
        (await connection.write(insertion, note(entry)))[0] ??
        // A grant that is neither redeemed nor revoked is of a person who may approve: what ends that, revokes it.
        (await connection.write(approveAgain(row), ...again))[0] ??
        (await connection.read(find({ id: approval.id })))[0]
      );
    },
    async grantToProgram(grant, entry) {
      const [added] = await connection.write(insertOfProgram(toRow(grant)), note(entry));
      if (!added) throw new Error(`the grant ${grant.id} of a program is there already`);
      return added;
    },
    async findGrant(id) {
      return (await connection.read(find({ id })))[0];
    },
    async redeemCode(id, refreshExpiresAt, now, entry) {
      return (await connection.write(redeem({ id, refreshExpiresAt, now }), note(entry)))[0];
    },
    async rotateRefresh(rotation) {
      const { atLeast = 0, resource = null } = rotation;
      return (await connection.write(rotate({ ...rotation, atLeast, resource })))[0];
    },
    async revokeGrant(id, reason, now, entry) {
      const revocation = revoke({ id, reason, now, dueAt: now + KEPT_AFTER_END_MS });
      return (await connection.write(revocation, note(entry))).length > 0;
    },
  };
}

/** Where the person is there, not disabled, and not signed out since they signed in. */
function insertGrant(db: QueryBuilder, dialect: Dialect) {
  return prepare((given: Given<ApprovalRow & { signedInAt: number }>) => {
    const person = db
      .selectFrom("people")
      .select((eb) => columns(given, eb.lit(0)))
      .where(mayApprove(given));
    return insertion(db).expression(heldRows(person, dialect)).onConflict(unlessThere).returningAll();
  }, toGrant);
}

/** The same, where a grant that the person approved before is live: it can't end until this one is there. */
function insertRestingGrant(db: QueryBuilder, dialect: Dialect) {
  return prepare((given: Given<ApprovalRow & { signedInAt: number; restsOn: string }>) => {
    const approved = db
      .selectFrom("people")
      .innerJoin("grants", "grants.person_id", "people.id")
      .select((eb) => columns(given, eb.lit(0)))
      .where(mayApprove(given))
      .where("grants.id", "=", given("restsOn"))
      .where("grants.redeemed_at", "is not", null)
      .where("grants.revoked_at", "is", null)
      .where("grants.refresh_expires_at", ">", given("created_at"))
      .where("grants.ends_at", ">", given("created_at"));
    return insertion(db).expression(heldRows(approved, dialect)).onConflict(unlessThere).returningAll();
  }, toGrant);
}

function mayApprove(given: Given<Pick<ApprovalRow, "person_id"> & { signedInAt: number }>) {
  return (eb: ExpressionBuilder<Schema, "people">): Expression<SqlBool> =>
    eb.and([
      eb("people.id", "=", given("person_id")),
      eb("people.disabled_at", "is", null),
      eb.or([eb("people.signed_out_at", "is", null), eb("people.signed_out_at", "<", given("signedInAt"))]),
    ]);
}

function insertProgramGrant(db: QueryBuilder) {
  return prepare(
    (given: Given<ApprovalRow>) =>
      insertion(db)
        // Without a condition, SQLite takes ON CONFLICT for that of a join.
        .expression(db.selectNoFrom((eb) => columns(given, eb.lit(0))).where(sql<SqlBool>`true`))
        .onConflict(unlessThere)
        .returningAll(),
    toGrant,
  );
}

function insertion(db: QueryBuilder) {
  return db.insertInto("grants").columns([...APPROVED_COLUMNS, "generation"]);
}

function columns(given: Given<ApprovalRow>, generation: AliasableExpression<number>) {
  return [...APPROVED_COLUMNS.map((name) => given(name).as(name)), generation.as("generation")];
}

function unlessThere(conflict: OnConflictBuilder<Schema, "grants">) {
  return conflict.column("id").doNothing();
}

/** The same decision, approved again before its code was redeemed: only the code lives longer. */
function approveGrantAgain(db: QueryBuilder) {
  return prepare(
    (given: Given<ApprovalRow>) =>
      db
        .updateTable("grants")
        .set({
          code_expires_at: given("code_expires_at"),
          refresh_expires_at: given("refresh_expires_at"),
          due_at: given("due_at"),
        })
        .where("id", "=", given("id"))
        .where("redeemed_at", "is", null)
        .where("revoked_at", "is", null)
        .where("person_id", "=", given("person_id"))
        .where("scopes", "=", given("scopes"))
        // Nothing equals NULL, and no organization is an empty text.
        .where(sql`coalesce(organization, '')`, "=", sql`coalesce(${given("organization")}, '')`)
        .returningAll(),
    toGrant,
  );
}

function rotateGrant(db: QueryBuilder) {
  return prepare(
    (given: Given<RotationRow>) =>
      db
        .updateTable("grants")
        .set((eb) => ({
          generation: eb(given("presented"), "+", eb.lit(1)),
          rotated_at: given("now"),
          unused_generation: eb(given("presented"), "+", eb.lit(1)),
          refresh_expires_at: given("refreshExpiresAt"),
          // Healing a lost write: the code was redeemed, or there would be no refresh token.
          redeemed_at: eb.fn.coalesce("redeemed_at", given("now")),
        }))
        .where("id", "=", given("id"))
        // Not for an index: without statistics Postgres would take that of clients, and read all grants of one.
        .where(sql`client_id || ''`, "=", given("clientId"))
        .where("generation", ">=", given("atLeast"))
        .where("generation", "<=", given("presented"))
        .where("resource", "=", (eb) => eb.fn.coalesce(given("resource"), "resource"))
        .where("revoked_at", "is", null)
        .where("refresh_expires_at", ">", given("now"))
        .where("ends_at", ">", given("now"))
        .returningAll(),
    toGrant,
  );
}

type ApprovalRow = Omit<
  GrantTable,
  | "generation"
  | "redeemed_at"
  | "rotated_at"
  | "unused_generation"
  | "used_at"
  | "revoked_at"
  | "revoked_reason"
  | "refused_at"
  | "refusal"
>;

const APPROVED_COLUMNS = [
  "id",
  "client_id",
  "client_name",
  "person_id",
  "person",
  "organization",
  "resource",
  "scopes",
  "redirect_uri",
  "code_challenge",
  "code_expires_at",
  "refresh_expires_at",
  "ends_at",
  "created_at",
  "due_at",
  "approved_as",
] as const satisfies readonly (keyof ApprovalRow)[];

type RotationRow = Omit<Required<RefreshRotation>, "resource"> & { readonly resource: string | null };

function toRow(approval: Approval | ProgramGrant): ApprovalRow {
  return {
    id: approval.id,
    client_id: approval.clientId,
    client_name: approval.clientName,
    person_id: approval.person.id,
    person: JSON.stringify(approval.person),
    organization: approval.organization && JSON.stringify(approval.organization),
    resource: approval.resource,
    scopes: approval.scopes.join(" "),
    redirect_uri: approval.redirectUri,
    code_challenge: approval.codeChallenge,
    code_expires_at: approval.codeExpiresAt,
    refresh_expires_at: approval.refreshExpiresAt,
    ends_at: approval.endsAt,
    created_at: approval.createdAt,
    due_at: approval.codeExpiresAt + KEPT_AFTER_END_MS,
    approved_as: approval.approvedAs,
  };
}
