import type { Expression, ExpressionBuilder, SqlBool } from "kysely";
import type { Grant } from "../../core/grant.ts";
import type { GrantFilter } from "../grant-records.ts";
import { type Connection, type Query, type QueryBuilder, query } from "../query.ts";
import { toGrant } from "../rows.ts";
import type { Schema } from "../schema.ts";
import type { Store } from "../store.ts";

/** Grants by what they have in common. */
export function grantListQueries(db: QueryBuilder, connection: Connection): Pick<Store, "listGrants"> {
  return {
    async listGrants(filter) {
      return filter.ids?.length === 0 ? [] : connection.read(listQuery(db, filter));
    },
  };
}

function listQuery(db: QueryBuilder, filter: GrantFilter): Query<Grant> {
  const { clientId, personId, liveAt, isClicked, isPersons, ids, after, limit } = filter;
  let grants = db.selectFrom("grants").selectAll().orderBy("created_at", "desc").orderBy("id");
  if (clientId !== undefined) grants = grants.where("client_id", "=", clientId);
  if (personId !== undefined) grants = grants.where("person_id", "=", personId);
  if (liveAt !== undefined) grants = grants.where(isLive(liveAt));
  if (isClicked) grants = grants.where("approved_as", "is not", null);
  if (isPersons) grants = grants.where("redirect_uri", "<>", NO_REDIRECT);
  if (ids !== undefined) grants = grants.where("id", "in", ids);
  if (after !== undefined) {
    grants = grants.where(({ eb, and, or }) =>
      and([
        eb("created_at", "<=", after.createdAt),
        or([eb("created_at", "<", after.createdAt), eb("id", ">", after.id)]),
      ]),
    );
  }
  if (limit !== undefined) grants = grants.limit(limit);
  return query(grants, toGrant);
}

/** What a program's own grant has in place of an address. */
export const NO_REDIRECT = "";

/** Neither revoked nor expired; a grant whose code nobody redeemed ends with its code. */
export function isLive(now: number): (eb: ExpressionBuilder<Schema, "grants">) => Expression<SqlBool> {
  return (eb) =>
    eb.and([
      eb("revoked_at", "is", null),
      eb("refresh_expires_at", ">", now),
      eb("ends_at", ">", now),
      eb.or([eb("redeemed_at", "is not", null), eb("code_expires_at", ">", now)]),
    ]);
}
