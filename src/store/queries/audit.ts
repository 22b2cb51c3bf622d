import type { Selectable } from "kysely";
import { type AuditEntry, type AuditRecord, declarationOf, type RecordedFields } from "../../core/events.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder, query } from "../query.ts";
import type { AuditTable } from "../schema.ts";
import type { AuditPage, Store } from "../store.ts";

type AuditQueries = Pick<Store, "recordAudit" | "readAudit" | "auditAfter" | "deleteAudit">;

/** The audit log: written with what it is about, read in pages, and never changed. */
export function auditQueries(db: QueryBuilder, connection: Connection): AuditQueries {
  const note = auditNote(db);

  const after = prepare(
    (given: Given<{ id: number; limit: number }>) =>
      db.selectFrom("audit").selectAll().where("id", ">", given("id")).orderBy("id").limit(given("limit")),
    toRecord,
  );

  const remove = prepare(
    (given: Given<{ before: number; limit: number }>) =>
      db
        .deleteFrom("audit")
        .where("id", "in", (eb) =>
          eb
            .selectFrom("audit as old")
            .select("old.id")
            .where("old.at", "<", given("before"))
            .orderBy("old.at")
            .limit(given("limit")),
        )
        .returning("id"),
    (row) => row.id,
  );

  return {
    async recordAudit(entry) {
      await connection.write(note(entry));
    },
    readAudit: (page) => connection.read(pageQuery(db, page)),
    auditAfter: (id, limit) => connection.read(after({ id, limit })),
    async deleteAudit(before, limit) {
      return (await connection.write(remove({ before, limit }))).length;
    },
  };
}

/** Makes the query that writes an entry: by itself, or as the note of the change that the entry is about. */
export function auditNote(db: QueryBuilder): (entry: AuditEntry) => Query<undefined> {
  const insert = prepare(
    (given: Given<NewRow>) =>
      db.insertInto("audit").values({
        at: given("at"),
        event: given("event"),
        outcome: given("outcome"),
        operator: given("operator"),
        person_id: given("person_id"),
        client_id: given("client_id"),
        grant_id: given("grant_id"),
        address: given("address"),
        correlation_id: given("correlation_id"),
        reason: given("reason"),
        details: given("details"),
      }),
    () => undefined,
  );
  return (entry) => insert(toRow(entry));
}

type NewRow = Omit<AuditTable, "id">;

/** Longer than any address is; behind a proxy that passes on what strangers write there, it is theirs. */
const MAXIMUM_ADDRESS_LENGTH = 100;

function toRow({ event, at, fields, omitted }: AuditEntry): NewRow {
  const recorded: RecordedFields = fields;
  const { operator, person, client, grant, address, correlationId, reason, ...details } = recorded;
  const text = JSON.stringify({ ...details, omitted });
  return {
    at,
    event,
    outcome: declarationOf(event).outcome,
    operator: operator ?? null,
    person_id: person ?? null,
    client_id: client ?? null,
    grant_id: grant ?? null,
    address: address?.slice(0, MAXIMUM_ADDRESS_LENGTH) ?? null,
    correlation_id: correlationId ?? null,
    reason: reason ?? null,
    details: text === "{}" ? null : text,
  };
}

function toRecord(row: Selectable<AuditTable>): AuditRecord {
  const fields = {
    operator: row.operator,
    person: row.person_id,
    client: row.client_id,
    grant: row.grant_id,
    address: row.address,
    correlationId: row.correlation_id,
    reason: row.reason,
  };
  const said = Object.entries(fields).filter(([, value]) => value !== null);
  return {
    id: row.id,
    event: row.event,
    outcome: row.outcome,
    at: row.at,
    fields: { ...Object.fromEntries(said), ...(row.details === null ? {} : JSON.parse(row.details)) },
  };
}

const CONCERNING = { person: "person_id", client: "client_id", grant: "grant_id" } as const;

function pageQuery(db: QueryBuilder, page: AuditPage): Query<AuditRecord> {
  const { concerning, since, until, order, from, limit } = page;
  const direction = order === "newest_first" ? "desc" : "asc";
  let rows = db
    .selectFrom("audit")
    .selectAll()
    .orderBy("at", direction)
    .orderBy("id", direction)
    .limit(limit);
  if (concerning) rows = rows.where(CONCERNING[concerning.kind], "=", concerning.id);
  if (since !== undefined) rows = rows.where("at", ">=", since);
  if (until !== undefined) rows = rows.where("at", "<", until);
  if (from) {
    rows = rows.where(({ eb, refTuple, tuple }) =>
      eb(refTuple("at", "id"), direction === "desc" ? "<" : ">", tuple(from.at, from.id)),
    );
  }
  return query(rows, toRecord);
}
