import type { NewSession } from "../people-records.ts";
import { type Given, prepare, type QueryBuilder } from "../query.ts";
import type { SessionTable } from "../schema.ts";

/** A sign-in begins a session, and ends the one that its browser had. */
export function newSessionStatements(db: QueryBuilder) {
  const insert = prepare(
    (given: Given<SessionTable>) =>
      db
        .insertInto("sessions")
        .values({
          hash: given("hash"),
          person_id: given("person_id"),
          method: given("method"),
          address: given("address"),
          user_agent: given("user_agent"),
          authenticated_at: given("authenticated_at"),
          created_at: given("created_at"),
          used_at: given("used_at"),
          expires_at: given("expires_at"),
          ends_at: given("ends_at"),
          upstream_issuer: given("upstream_issuer"),
          upstream_session: given("upstream_session"),
          second_factor: given("second_factor"),
        })
        .returning("hash"),
    (row) => row.hash,
  );

  const end = prepare(
    (given: Given<{ hash: string }>) => db.deleteFrom("sessions").where("hash", "=", given("hash")),
    () => undefined,
  );

  /** @param begunAt from when on it counts */
  const start = (session: NewSession, personId: string, now: number, begunAt: number) =>
    insert(toRow(session, personId, now, begunAt));

  return { start, end };
}

function toRow(session: NewSession, personId: string, now: number, begunAt: number): SessionTable {
  return {
    hash: session.hash,
    person_id: personId,
    method: session.method,
    address: session.address ?? null,
    user_agent: session.userAgent ?? null,
    authenticated_at: session.authenticatedAt,
    created_at: begunAt,
    used_at: now,
    expires_at: Math.min(session.expiresAt, session.endsAt),
    ends_at: session.endsAt,
    upstream_issuer: session.upstream?.issuer ?? null,
    upstream_session: session.upstream?.sessionId ?? null,
    second_factor: session.secondFactor ?? null,
  };
}
