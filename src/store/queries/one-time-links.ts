import { sql } from "kysely";
import type { Identity } from "../../core/identity.ts";
import type { MailStore } from "../mail-store.ts";
import type { Dialect } from "../migrations/migration.ts";
import { toOneTimeLink } from "../people-rows.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { OneTimeLinkTable } from "../schema.ts";
import { auditNote } from "./audit.ts";
import { putCredential } from "./credentials.ts";
import { MAILED_PASSWORD, olderLinksEnd, PASSWORD_LINKS, passwordLinkEnds } from "./ended-links.ts";
import { keyOf } from "./identities.ts";
import { lockOne } from "./locked-person.ts";
import { addNewPasskey } from "./new-passkey.ts";
import { addNewPerson } from "./new-people.ts";
import { signOutStatements } from "./signed-out.ts";

type OneTimeLinkQueries = Pick<
  PeopleStore,
  "addLink" | "findLink" | "moveLink" | "usePasswordLink" | "usePasskeyLink" | "useInvitation"
> &
  Pick<MailStore, "addMailedPasswordLink">;

/** Links that work once. Using one up is the first statement of what it is for: of two at once, one finds it. */
export function oneTimeLinkQueries(
  db: QueryBuilder,
  connection: Connection,
  dialect: Dialect,
): OneTimeLinkQueries {
  const note = auditNote(db);
  const { add, endOlder, lockPerson } = addingStatements(db, dialect);
  const { find, move } = keptStatements(db);
  const holdAddress = heldAddress(db);
  const { usePersons, useInvitationOf, useUnnamed, markSaid } = usingStatements(db);
  const putPassword = putCredential(db, dialect);
  const addPasskey = addNewPasskey(db, dialect);
  const addPerson = addNewPerson(db, dialect);
  const { signOut, endSessions } = signOutStatements(db);
  const { endLinksForPassword } = passwordLinkEnds(db);

  return {
    async addLink({ hash, purpose, personId, createdAt, expiresAt }, entry) {
      const row = { hash, purpose, person_id: personId, created_at: createdAt, expires_at: expiresAt };
      if (personId === null) {
        await connection.write(add(row), note(entry));
        return;
      }
      await connection.writeOrNothing({
        // One at a time, or both of two would stay.
        required: [lockPerson({ id: personId }), add(row)],
        also: [endOlder({ purpose, personId, hash })],
        note: note(entry),
      });
    },
    async addMailedPasswordLink({ link, identity, emails }, entry) {
      const { hash, personId, createdAt, expiresAt } = link;
      const purpose = MAILED_PASSWORD;
      const row = { hash, purpose, person_id: personId, created_at: createdAt, expires_at: expiresAt };
      const added = await connection.writeOrNothing({
        required: [
          // The person first: a changed address, or a new password, that is under way is waited for.
          lockPerson({ id: personId }),
          holdAddress({ ...keyOf(identity), id: personId, emails: emails ? JSON.stringify(emails) : null }),
          add(row),
        ],
        also: [endOlder({ purpose, personId, hash })],
        note: note(entry),
      });
      return added !== undefined;
    },
    async findLink(hash, now) {
      return (await connection.read(find({ hash, now })))[0];
    },
    async moveLink(moved) {
      return (await connection.write(move(moved))).length > 0;
    },
    async usePasswordLink({ hash, credential, now }, entry) {
      const id = credential.personId;
      const used = await connection.writeOrNothing({
        // Their row first, as in all that ends a person's links: of two, neither waits for the other.
        required: [signOut({ id, now }), usePersons({ hash, now, personId: id }), putPassword(credential)],
        also: [endSessions({ id }), endLinksForPassword({ personId: id })],
        note: note(entry),
      });
      return used !== undefined;
    },
    async usePasskeyLink({ hash, personId, passkey, now }, entry) {
      const used = await connection.writeOrNothing({
        required: [
          signOut({ id: personId, now }),
          useInvitationOf({ hash, now, personId }),
          ...addPasskey({ personId, passkey, now }),
        ],
        also: [endSessions({ id: personId }), endLinksForPassword({ personId }), markSaid({ id: personId })],
        note: note(entry),
      });
      return used !== undefined;
    },
    async useInvitation({ hash, person }, entry) {
      const used = await connection.writeOrNothing({
        required: [useUnnamed({ hash, now: person.now }), ...addPerson(person)],
        note: note(entry),
      });
      return used !== undefined;
    },
  };
}

function keptStatements(db: QueryBuilder) {
  const find = prepare(
    (given: Given<{ hash: string; now: number }>) =>
      db
        .selectFrom("one_time_links")
        .selectAll()
        .where("hash", "=", given("hash"))
        .where("expires_at", ">", given("now"))
        // A mail that signs a person in is no invitation.
        .where("code_mac", "is", null),
    toOneTimeLink,
  );

  const move = prepare(
    (given: Given<{ hash: string; to: string; expiresAt: number; now: number }>) =>
      db
        .updateTable("one_time_links")
        .set({ hash: given("to"), expires_at: given("expiresAt") })
        .where("hash", "=", given("hash"))
        .where("expires_at", ">", given("now"))
        .where(
          "purpose",
          "in",
          PASSWORD_LINKS.map((purpose) => sql.lit(purpose)),
        )
        .returning("hash"),
    (row) => row.hash,
  );

  return { find, move };
}

function addingStatements(db: QueryBuilder, dialect: Dialect) {
  const lockPerson = lockOne(db, dialect);

  const add = prepare(
    (given: Given<Omit<OneTimeLinkTable, "code_mac" | "tries" | "sealed">>) =>
      db
        .insertInto("one_time_links")
        .values({
          hash: given("hash"),
          purpose: given("purpose"),
          person_id: given("person_id"),
          created_at: given("created_at"),
          expires_at: given("expires_at"),
        })
        .returning("hash"),
    (row) => row.hash,
  );

  const endOlder = olderLinksEnd(db);

  return { lockPerson, add, endOlder };
}

/** Returns a row where the address is the person's now, and they have a password. Who changes either has the person's row, which is locked. */
function heldAddress(db: QueryBuilder) {
  return prepare(
    (given: Given<Identity & { id: string; emails: string | null }>) =>
      db
        .selectFrom("people")
        .select("people.id")
        .where("people.id", "=", given("id"))
        .where("people.disabled_at", "is", null)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom("credentials")
              .select("kind")
              .where("person_id", "=", given("id"))
              .where("kind", "=", sql.lit("password")),
          ),
        )
        .where(({ or, and, eb, exists, selectFrom }) =>
          or([
            and([
              eb("people.said_by_operator", "=", sql.lit(1)),
              eb("people.emails", "=", sql<string>`cast(${given("emails")} as text)`),
            ]),
            exists(
              selectFrom("identities")
                .select("label")
                .where("method", "=", given("method"))
                .where("issuer", "=", given("issuer"))
                .where("subject", "=", given("subject"))
                .where("person_id", "=", given("id")),
            ),
          ]),
        ),
    (row) => row.id,
  );
}

function usingStatements(db: QueryBuilder) {
  const live = (given: Given<{ hash: string; now: number }>) =>
    db
      .deleteFrom("one_time_links")
      .where("hash", "=", given("hash"))
      .where("expires_at", ">", given("now"))
      .returning("hash");

  const usePersons = prepare(
    (given: Given<{ hash: string; now: number; personId: string }>) =>
      live(given).where("person_id", "=", given("personId")),
    (row) => row.hash,
  );

  const useUnnamed = prepare(
    (given: Given<{ hash: string; now: number }>) =>
      live(given).where("person_id", "is", null).where("purpose", "=", "invitation"),
    (row) => row.hash,
  );

  const useInvitationOf = prepare(
    (given: Given<{ hash: string; now: number; personId: string }>) =>
      live(given).where("person_id", "=", given("personId")).where("purpose", "=", "invitation"),
    (row) => row.hash,
  );

  // The operator invited them.
  const markSaid = prepare(
    (given: Given<{ id: string }>) =>
      db
        .updateTable("people")
        .set({ said_by_operator: sql.lit(1) })
        .where("id", "=", given("id")),
    () => undefined,
  );

  return { usePersons, useInvitationOf, useUnnamed, markSaid };
}
