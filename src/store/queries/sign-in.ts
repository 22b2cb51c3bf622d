import { sql } from "kysely";
import type { Identity } from "../../core/identity.ts";
import type { Dialect } from "../migrations/migration.ts";
import type { SignInOutcome, SignInRecord } from "../people-records.ts";
import { fromPerson, toPersonRecord } from "../people-rows.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { IdentityTable } from "../schema.ts";
import { assertionStatements } from "./assertions.ts";
import { auditNote } from "./audit.ts";
import { credentialsHold, credentialUses } from "./credential-use.ts";
import { addCredential } from "./credentials.ts";
import { heldRows } from "./held-rows.ts";
import { newSessionStatements } from "./new-session.ts";
import { notSignedOutSince, type PersonRow, profile, profileUnlessSaid } from "./said-at-sign-in.ts";
import { signOutStatements } from "./signed-out.ts";

/** What a sign-in says, in one commit. Each statement says itself when it applies; where one does not, nothing is written. */
export function signInQueries(
  db: QueryBuilder,
  connection: Connection,
  dialect: Dialect,
): Pick<PeopleStore, "signIn"> {
  const note = auditNote(db);
  const { addOrAdopt, proveFirst } = firstTimeStatements(db);
  const { update, use } = knownStatements(db);
  const { start, end } = newSessionStatements(db);
  const why = whyRefused(db);
  const holdPassword = heldPassword(db, dialect);
  const useCredential = credentialUses(db);
  const hold = credentialsHold(db, connection);
  const add = addCredential(db, dialect);
  const spend = assertionStatements(db);
  const { signOut, endOthers } = signOutStatements(db);

  return {
    async signIn(signIn, entry, added) {
      const { identity, label, personId, isNew, session, now, askedAt, passwordSetAt } = signIn;
      const { uses, adds = [], once } = signIn;
      // A new person has nothing to be signed out of.
      const signsOut = adds.length > 0 && !isNew;
      // After the sign-out: what is of the same millisecond does not count.
      const begunAt = signsOut ? now + 1 : now;
      const person = { ...fromPerson(signIn), now, askedAt };
      const proof = { ...identity, person_id: personId, label, created_at: now, used_at: now };
      // The person's row first. Whatever adds to a person, or ends what is theirs, waits for that lock.
      const proved = isNew
        ? ([addOrAdopt(person), proveFirst(proof)] as const)
        : ([update(person), use(proof)] as const);
      const signedIn = await connection.writeOrNothing({
        required: [
          ...proved,
          ...(passwordSetAt === undefined ? [] : [holdPassword({ personId, setAt: passwordSetAt })]),
          ...(uses ? [useCredential({ personId, uses, now })] : []),
          ...adds.map(add),
          ...(once ? [spend.use({ client_id: once.of, jti: once.id, expires_at: once.endsAt })] : []),
          ...(signsOut ? [signOut({ id: personId, now })] : []),
          ...(session ? [start(session, personId, now, begunAt)] : []),
        ],
        also: [
          ...(session?.replaces === undefined ? [] : [end({ hash: session.replaces })]),
          ...(signsOut ? [endOthers({ personId, hash: session?.hash ?? "" })] : []),
          ...(added ? [note(added)] : []),
        ],
        note: note(entry),
      });
      if (signedIn) return { kind: "signed_in", record: signedIn[0], begunAt };
      const [state] = await connection.read(why({ ...identity, person_id: personId }));
      const kind = state ? refusalOf(signIn, state) : "changed";
      if (kind !== "changed" || state?.proved !== personId) return { kind };
      const spent = once ? await connection.read(spend.find({ client_id: once.of, jti: once.id })) : [];
      if (spent.length > 0) return { kind: "spent" };
      return { kind: (await hold(signIn)) ? "changed" : "used" };
    },
  };
}

function firstTimeStatements(db: QueryBuilder) {
  const addOrAdopt = prepare(
    (given: Given<PersonRow>) =>
      db
        .insertInto("people")
        .values({
          id: given("id"),
          ...profile(given),
          created_at: given("now"),
          said_by_operator: sql.lit(0),
        })
        .onConflict((conflict) =>
          conflict
            .column("id")
            .doUpdateSet(profileUnlessSaid(given))
            .where("people.disabled_at", "is", null)
            .where(notSignedOutSince(given)),
        )
        .returningAll(),
    toPersonRecord,
  );

  // After the person's row is ours: what another sign-in has committed since is seen.
  const proveFirst = prepare(
    (given: Given<ProofRow>) =>
      db
        .insertInto("identities")
        .columns(["method", "issuer", "subject", "person_id", "label", "created_at", "used_at"])
        .expression(
          db
            .selectNoFrom([
              given("method").as("method"),
              given("issuer").as("issuer"),
              given("subject").as("subject"),
              given("person_id").as("person_id"),
              given("label").as("label"),
              given("created_at").as("created_at"),
              given("used_at").as("used_at"),
            ])
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(selectFrom("identities").select("label").where("person_id", "=", given("person_id"))),
              ),
            )
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(selectFrom("credentials").select("kind").where("person_id", "=", given("person_id"))),
              ),
            ),
        )
        .onConflict((conflict) => conflict.columns(["method", "issuer", "subject"]).doNothing())
        .returning("person_id"),
    (row) => row.person_id,
  );

  return { addOrAdopt, proveFirst };
}

function knownStatements(db: QueryBuilder) {
  const update = prepare(
    (given: Given<PersonRow>) =>
      db
        .updateTable("people")
        .set(profileUnlessSaid(given))
        .where("id", "=", given("id"))
        .where("disabled_at", "is", null)
        .where(notSignedOutSince(given))
        .returningAll(),
    toPersonRecord,
  );

  const use = prepare(
    (given: Given<ProofRow>) =>
      db
        .updateTable("identities")
        .set({ label: given("label"), used_at: given("used_at") })
        .where("method", "=", given("method"))
        .where("issuer", "=", given("issuer"))
        .where("subject", "=", given("subject"))
        .where("person_id", "=", given("person_id"))
        .returning("person_id"),
    (row) => row.person_id,
  );

  return { update, use };
}

/** A new password replaces this one with its own commit: what the old one proved does not count after it. */
function heldPassword(db: QueryBuilder, dialect: Dialect) {
  return prepare(
    (given: Given<{ personId: string; setAt: number }>) =>
      heldRows(
        db
          .selectFrom("credentials")
          .select("person_id")
          .where("person_id", "=", given("personId"))
          .where("kind", "=", sql.lit("password"))
          .where("id", "=", sql.lit(""))
          .where("created_at", "=", given("setAt")),
        dialect,
      ),
    (row) => row.person_id,
  );
}

/** Looked at after the fact: if something changes meanwhile, the sign-in begins again and finds it. */
function whyRefused(db: QueryBuilder) {
  return prepare(
    (given: Given<Identity & { person_id: string }>) =>
      db.selectNoFrom(({ selectFrom, exists }) => [
        selectFrom("identities")
          .select("person_id")
          .where("method", "=", given("method"))
          .where("issuer", "=", given("issuer"))
          .where("subject", "=", given("subject"))
          .as("proved"),
        selectFrom("people").select("disabled_at").where("id", "=", given("person_id")).as("disabled_at"),
        selectFrom("people").select("signed_out_at").where("id", "=", given("person_id")).as("signed_out_at"),
        selectFrom("credentials")
          .select("created_at")
          .where("person_id", "=", given("person_id"))
          .where("kind", "=", sql.lit("password"))
          .where("id", "=", sql.lit(""))
          .as("password_set_at"),
        exists(selectFrom("identities").select("label").where("person_id", "=", given("person_id"))).as(
          "has_identity",
        ),
        exists(selectFrom("credentials").select("kind").where("person_id", "=", given("person_id"))).as(
          "has_credential",
        ),
      ]),
    (row) => ({
      proved: row.proved,
      isDisabled: row.disabled_at !== null,
      signedOutAt: row.signed_out_at,
      passwordSetAt: row.password_set_at,
      isSomebodys: Boolean(row.has_identity) || Boolean(row.has_credential),
    }),
  );
}

type State = {
  readonly proved: string | null;
  readonly isDisabled: boolean;
  readonly signedOutAt: number | null;
  readonly passwordSetAt: number | null;
  readonly isSomebodys: boolean;
};

function refusalOf(signIn: SignInRecord, state: State): Exclude<SignInOutcome["kind"], "signed_in"> {
  const { personId, isNew } = signIn;
  const { proved, isDisabled, isSomebodys } = state;
  const otherwise = isOutdated(signIn, state) ? "outdated" : "changed";
  if (proved === personId) return isDisabled ? "disabled" : otherwise;
  if (proved !== null || !isNew) return "changed";
  if (isSomebodys) return "id_taken";
  return isDisabled ? "disabled" : otherwise;
}

function isOutdated({ askedAt, passwordSetAt: provedBy }: SignInRecord, state: State): boolean {
  const { signedOutAt, passwordSetAt } = state;
  return (signedOutAt !== null && signedOutAt >= askedAt) || (provedBy ?? passwordSetAt) !== passwordSetAt;
}

type ProofRow = Omit<IdentityTable, "used_at"> & { used_at: number };
