import { sql } from "kysely";
import type { AddressChange, MailStore } from "../mail-store.ts";
import type { Dialect } from "../migrations/migration.ts";
import { fromPerson, toMailedLink, toPersonRecord } from "../people-rows.ts";

import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { OneTimeLinkTable } from "../schema.ts";
import { auditNote } from "./audit.ts";
import { olderLinksEnd, passwordLinkEnds } from "./ended-links.ts";
import { addToPerson, removeOne } from "./identities.ts";
import { lockOne } from "./locked-person.ts";
import { holdSession } from "./sessions.ts";

type MailedLinkQueries = Omit<MailStore, "addMailedPasswordLink">;

/** Mails with a code. What uses one up, or counts a try, is one conditional statement: of two at once, one finds it as it was. */
export function mailedLinkQueries(
  db: QueryBuilder,
  connection: Connection,
  dialect: Dialect,
): MailedLinkQueries {
  const { add, endOlder, find, countTry, use } = linkStatements(db);
  const lockPerson = lockOne(db, dialect);
  const change = addressStatements(db, connection, dialect);
  // In JSON, an address between quotes is a whole one: a quote in a text is escaped. Never by what a search looks in, where names are too.
  const byAddress = prepare(
    (given: Given<{ pattern: string; limit: number }>) =>
      db
        .selectFrom("people")
        .selectAll()
        .where("disabled_at", "is", null)
        .where("said_by_operator", "=", sql.lit(1))
        .where(sql<boolean>`lower(emails) like ${given("pattern")} escape '!'`)
        .orderBy("created_at")
        .limit(given("limit")),
    toPersonRecord,
  );

  return {
    async addMailedLink({ hash, purpose, personId, codeMac, tries, sealed, createdAt, expiresAt }) {
      const row = {
        hash,
        purpose,
        person_id: personId,
        created_at: createdAt,
        expires_at: expiresAt,
        code_mac: codeMac,
        tries,
        sealed,
      };
      if (personId === null) return (await connection.write(add(row))).length > 0;
      const [locked, added] = await connection.writeTogether([
        lockPerson({ id: personId }),
        add(row),
        endOlder({ purpose, personId, hash }),
      ]);
      return locked.length > 0 && added.length > 0;
    },
    async findMailedLink(hash, now) {
      return (await connection.read(find({ hash, now })))[0];
    },
    async countCodeTry(tried) {
      return (await connection.write(countTry(tried)))[0];
    },
    async useMailedLink(used) {
      return (await connection.write(use(used))).length > 0;
    },
    findByAddress: (address, limit) =>
      connection.read(byAddress({ pattern: `%${JSON.stringify(address).replace(/[!%_]/g, "!$&")}%`, limit })),
    changeAddress: change,
  };
}

function linkStatements(db: QueryBuilder) {
  const add = prepare(
    (given: Given<OneTimeLinkTable>) => {
      const columns = [
        "hash",
        "purpose",
        "person_id",
        "created_at",
        "expires_at",
        "code_mac",
        "tries",
        "sealed",
      ] as const;
      return db
        .insertInto("one_time_links")
        .columns(columns)
        .expression(
          db
            .selectNoFrom(columns.map((name) => given(name).as(name)))
            // Of a person, only while they are there.
            .where(({ or, eb, exists, selectFrom }) =>
              or([
                eb(sql`cast(${given("person_id")} as text)`, "is", null),
                exists(selectFrom("people").select("id").where("people.id", "=", given("person_id"))),
              ]),
            ),
        )
        .returning("hash");
    },
    (row) => row.hash,
  );

  const endOlder = olderLinksEnd(db);

  const find = prepare(
    (given: Given<{ hash: string; now: number }>) =>
      db
        .selectFrom("one_time_links")
        .selectAll()
        .where("hash", "=", given("hash"))
        .where("expires_at", ">", given("now"))
        .where("code_mac", "is not", null),
    toMailedLink,
  );

  const countTry = prepare(
    (given: Given<{ hash: string; most: number; now: number }>) =>
      db
        .updateTable("one_time_links")
        .set((eb) => ({ tries: eb("tries", "+", sql.lit(1)) }))
        .where("hash", "=", given("hash"))
        .where("expires_at", ">", given("now"))
        .where("code_mac", "is not", null)
        .where("tries", "<", given("most"))
        .returningAll(),
    toMailedLink,
  );

  const use = prepare(
    (given: Given<{ hash: string; tries: number; now: number }>) =>
      db
        .deleteFrom("one_time_links")
        .where("hash", "=", given("hash"))
        .where("expires_at", ">", given("now"))
        .where("tries", "<=", given("tries"))
        .returning("hash"),
    (row) => row.hash,
  );

  return { add, endOlder, find, countTry, use };
}

function addressStatements(
  db: QueryBuilder,
  connection: Connection,
  dialect: Dialect,
): MailStore["changeAddress"] {
  const note = auditNote(db);
  const [lockPerson, hold] = [lockOne(db, dialect), holdSession(db, dialect)];
  const [addIdentity, removeIdentity] = [addToPerson(db, dialect), removeOne(db)];

  const useOfPerson = prepare(
    (given: Given<{ hash: string; personId: string; now: number }>) =>
      db
        .deleteFrom("one_time_links")
        .where("hash", "=", given("hash"))
        // Not for an index: the hash alone finds the row.
        .where(sql`person_id || ''`, "=", given("personId"))
        .where("purpose", "=", sql.lit("address"))
        .where("expires_at", ">", given("now"))
        .returning("hash"),
    (row) => row.hash,
  );

  const update = prepare(
    (
      given: Given<{
        id: string;
        emails: string;
        profile: string;
        found_by: string;
        emailsBefore: string;
        profileBefore: string;
      }>,
    ) =>
      db
        .updateTable("people")
        .set({ emails: given("emails"), profile: given("profile"), found_by: given("found_by") })
        .where("id", "=", given("id"))
        .where("disabled_at", "is", null)
        .where("emails", "=", given("emailsBefore"))
        .where("profile", "=", given("profileBefore"))
        .returning("id"),
    (row) => row.id,
  );

  const { endPasswordLinks } = passwordLinkEnds(db);

  return async (changed: AddressChange, entry) => {
    const { hash, personId, session, from, to, label, before, after, now } = changed;
    const { emails: emailsBefore, profile: profileBefore } = fromPerson(before);
    const { emails, profile, found_by } = fromPerson(after);
    const { method, issuer, subject } = to;
    const written = await connection.writeOrNothing({
      required: [
        // The person first, as in all that ends what is theirs.
        lockPerson({ id: personId }),
        hold({ personId, hash: session, now }),
        useOfPerson({ hash, personId, now }),
        update({ id: personId, emails, profile, found_by, emailsBefore, profileBefore }),
        addIdentity({ method, issuer, subject, person_id: personId, label, created_at: now }),
        ...(from === undefined
          ? []
          : [removeIdentity({ method: from.method, issuer: from.issuer, subject: from.subject, personId })]),
      ],
      also: [endPasswordLinks({ personId })],
      note: note(entry),
    });
    return written !== undefined;
  };
}
