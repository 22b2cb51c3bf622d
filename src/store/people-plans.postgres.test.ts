import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../test/support/postgres/shared.ts";
import { sampleMailedLink } from "../../test/support/store/mail-contract.ts";
import { MANY_ISSUER, makePeople, oneOfMany } from "../../test/support/store/many-people.ts";
import { inFile, inPostgres } from "../../test/support/store/raw-sql.ts";
import {
  APPROVED,
  CREDENTIAL_ADDED,
  CREDENTIAL_CHANGED,
  CREDENTIAL_REMOVED,
  IDENTITY_LINKED,
  IDENTITY_UNLINKED,
  INVITED,
  PERSON_ADDED,
  PERSON_CHANGED,
  PERSON_DISABLED,
  PERSON_ENABLED,
  PERSON_LINKED,
  PERSON_REMOVED,
  REVOKED,
  SESSION_ENDED,
  SESSION_ENDED_UPSTREAM,
  SIGNED_IN,
  SIGNED_OUT,
  sampleApproval,
  sampleEntry,
  sampleLink,
  samplePerson,
  sampleSession,
  sampleSignIn,
  UPSTREAM_CONNECTED,
  UPSTREAM_DISCONNECTED,
} from "../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../test/support/store/test-store.ts";
import { sampleUpstream } from "../../test/support/store/upstream-contract.ts";

// What each verb about people asks of a database in which there are many, by the plan that the database makes for it.

const ADDRESS_CHANGED = sampleEntry("address.changed");
const MANY = 5000;
const NOW = Date.now();
/** Those of which there are as many as there are people. */
const LARGE = [
  "people",
  "identities",
  "credentials",
  "one_time_links",
  "sessions",
  "grants",
  "upstream_credentials",
];

/** For as many as there are people. */
const CONNECTIONS = `INSERT INTO upstream_credentials (person_id, upstream, kind, sealed, scopes, account, version, created_at)
  SELECT id, 'github', 'token', 'sealed', '', '', id, created_at FROM people`;

/** Of what a statement made itself, and of the newest people up to a limit. */
const HARMLESS = [
  "SCAN CONSTANT ROW",
  "SCAN known",
  "SCAN different",
  "SCAN people USING INDEX people_created_at",
];

let folder: string;
let postgres: SharedPostgres;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-plans-"));
  postgres = await sharedPostgres();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await postgres.stop();
});

const [first, second, third, fourth] = [1, 2, 3, 4].map(oneOfMany) as [One, One, One, One];
type One = ReturnType<typeof oneOfMany>;

async function useUpstreams(store: TestStore): Promise<void> {
  const one = { personId: first.id, upstream: "github", version: first.id, now: NOW };
  await store.saveUpstreamCredential(
    sampleUpstream({ ...one, session: first.session, version: "2" }),
    UPSTREAM_CONNECTED,
  );
  for (const before of ["2", null]) {
    await store.saveUpstreamCredential(sampleUpstream({ ...one, version: "2", before }), UPSTREAM_CONNECTED);
  }
  await store.findUpstreamCredential(first.id, "github");
  await store.listUpstreamCredentials(first.id);
  await store.beginUpstreamRefresh({ ...one, until: NOW + 1 });
  await store.endUpstreamRefresh({ ...one, until: NOW + 1 });
  const refreshed = { before: "2", version: "3", sealed: "sealed", scopes: [], expiresAt: null };
  await store.replaceUpstreamTokens({ ...one, ...refreshed });
  await store.touchUpstreamCredential(first.id, "github", NOW);
  await store.listUpstreamCredentialsAfter(one, 20);
  await store.resealUpstreamCredential({ ...one, before: "sealed", sealed: "sealed anew" });
  await store.endUpstreamCredential(one);
  await store.removeUpstreamCredential({ ...one, session: first.session }, UPSTREAM_DISCONNECTED);
}

/** Every verb but the search for a part of a name. */
async function useAll(store: TestStore): Promise<void> {
  const credential = {
    personId: first.id,
    kind: "password",
    id: "",
    createdAt: NOW,
    counter: null,
    usedAt: null,
  } as const;
  const newcomer = { ...first.identity, subject: "newcomer" };
  const session = sampleSession({ hash: "new", replaces: second.session });
  await store.findPerson(first.id);
  await store.findByIdentity(first.identity);
  await store.findByToken({ ...first.identity, id: "nobody" });
  await store.findByToken({ issuer: "https://other.example", subject: "s", id: first.id });
  await store.listPeople({ now: NOW, limit: 20 });
  const known = { ...first, personId: first.id, person: { id: first.id }, session, now: NOW };
  await store.signIn(sampleSignIn(known), SIGNED_IN);
  await store.signIn(sampleSignIn({ ...known, session: undefined, passwordSetAt: NOW }), SIGNED_IN);
  await store.signIn(
    sampleSignIn({
      ...known,
      identity: newcomer,
      personId: "new",
      person: { id: "new" },
      isNew: true,
      session: sampleSession({ hash: "newer" }),
    }),
    SIGNED_IN,
  );
  await store.signIn(
    sampleSignIn({
      ...known,
      identity: { ...newcomer, subject: "another" },
      isNew: true,
      session: undefined,
    }),
    SIGNED_IN,
  );
  await store.addPerson(samplePerson("added", { passwordHash: "$2b$12$x" }), PERSON_ADDED);
  await store.enablePerson(first.id, PERSON_ENABLED);
  await store.listIdentities(first.id);
  const linked = { ...newcomer, personId: first.id, label: "l", session: first.session, now: NOW };
  await store.addIdentity(linked, IDENTITY_LINKED);
  await store.removeIdentity(first.id, newcomer, first.identity, IDENTITY_UNLINKED);
  await store.findCredential(first.id, "password");
  await store.saveCredential({ ...credential, secret: "$2b$12$x" }, CREDENTIAL_CHANGED);
  await store.changePassword(
    { credential: { ...credential, secret: "$2b$12$x" }, session: first.session, now: NOW },
    CREDENTIAL_CHANGED,
  );
  await store.listCredentials(first.id);
  const codes = { ...credential, kind: "totp", secret: "sealed", counter: 1 } as const;
  const inSession = { personId: first.id, session: first.session, now: NOW };
  const passkey = { ...newcomer, label: "l" };
  await store.addCredentials({ ...inSession, credentials: [codes], identity: passkey }, CREDENTIAL_ADDED);
  await store.addCredentials(
    { ...inSession, credentials: [codes], replacing: ["totp", "recovery_code"], beside: codes },
    CREDENTIAL_ADDED,
  );
  const used = [
    { kind: "totp", id: "", counter: 1 },
    { kind: "passkey", id: "none", counter: 1, secret: "" },
    { kind: "recovery_code", id: "none" },
  ] as const;
  for (const uses of used) {
    await store.signIn(sampleSignIn({ ...known, session: undefined, uses, adds: [codes] }), SIGNED_IN);
  }
  await store.removeCredentials(
    { ...inSession, kind: "totp", ids: [""], identity: newcomer, keeping: first.identity },
    CREDENTIAL_REMOVED,
  );
  await store.removeCredentials({ ...inSession, kind: "totp", also: ["recovery_code"] }, CREDENTIAL_REMOVED);
  await store.upgradeCredential({ ...credential, before: "$2b$12$x", secret: "$2b$14$x" });
  await store.listCredentialKinds("password", 10);
  await store.addLink(sampleLink({ personId: first.id, expiresAt: NOW + 1000 }), INVITED);
  await store.findLink("link-1", NOW);
  await store.moveLink({ hash: "link-1", to: "link-2", expiresAt: NOW + 1000, now: NOW });
  await store.usePasswordLink(
    { hash: "link-2", credential: { ...credential, secret: "$2b$12$y" }, now: NOW },
    CREDENTIAL_CHANGED,
  );
  const made = { ...credential, kind: "passkey", id: "made" } as const;
  await store.usePasskeyLink(
    {
      hash: "none",
      personId: first.id,
      passkey: { identity: passkey, credential: { ...made, secret: "{}" } },
      now: NOW,
    },
    CREDENTIAL_ADDED,
  );
  await store.countPasskeys();
  await store.useInvitation({ hash: "none", person: samplePerson("invited", { now: NOW }) }, PERSON_ADDED);
  for (const personId of [null, first.id]) {
    const mail = sampleMailedLink({
      hash: `of ${personId}`,
      purpose: "address",
      personId,
      expiresAt: NOW + 1000,
    });
    await store.addMailedLink(mail);
    await store.findMailedLink(mail.hash, NOW);
    await store.countCodeTry({ hash: mail.hash, most: 5, now: NOW });
  }
  const before = { person: { id: first.id }, emails: [], groups: [] };
  await store.setPerson({ before: { ...before, emails: ["gone"] }, after: before }, PERSON_CHANGED);
  const changed = { hash: `of ${first.id}`, to: newcomer, label: "l", before, after: before };
  await store.changeAddress({ ...inSession, ...changed, from: first.identity }, ADDRESS_CHANGED);
  await store.useMailedLink({ hash: "of null", tries: 4, now: NOW });
  await useUpstreams(store);
  await store.findSession(first.session, NOW);
  await store.touchSession(first.session, NOW, NOW + 1000);
  await store.listSessions(first.id, NOW);
  await store.endSession(first.id, first.session, SESSION_ENDED);
  await store.endOtherSessions(first.id, "none", NOW, SESSION_ENDED);
  const logout = { issuer: MANY_ISSUER, subject: "subject-5", sessionId: "sid-5" };
  await store.endUpstreamSessions(logout, SESSION_ENDED_UPSTREAM);
  await store.approve(sampleApproval({ person: { id: first.id }, signedInAt: NOW }), APPROVED);
  const theirs = { personId: first.id, isPersons: true } as const;
  await store.listGrants({ ...theirs, liveAt: NOW, after: { createdAt: NOW, id: first.grant }, limit: 11 });
  await store.listGrants({ ...theirs, ids: [first.grant, second.grant] });
  await store.recordRefusal(first.grant, "expired", NOW);
  await store.revokePersonsGrants(first.id, "person_inactive", NOW, REVOKED);
  await store.signOutPerson(first.id, NOW, SIGNED_OUT);
  await store.disablePerson(second.id, NOW, PERSON_DISABLED);
  await store.linkPeople({ survivor: first.id, gone: third.id }, NOW, PERSON_LINKED);
  await store.removePerson(fourth.id, NOW, PERSON_REMOVED);
  await store.deleteExpired(NOW, 200);
}

test("on SQLite no verb but the search reads a whole table", async () => {
  const database = join(folder, "plans.db");
  await makePeople(database, { count: MANY });
  inFile(database, (file) => file.exec(CONNECTIONS));
  const prepare = vi.spyOn(DatabaseSync.prototype, "prepare");
  const store = await openTestStore({ database });
  await useAll(store);
  const texts = new Set(prepare.mock.calls.map(([sql]) => sql).filter(isAboutPeople));
  prepare.mockRestore();
  await store.close();

  expect(texts.size).toBeGreaterThan(40);
  const scans = inFile(database, (file) =>
    [...texts].flatMap((sql) =>
      file
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => ({ step: String(detail), sql }))
        .filter(({ step }) => step.startsWith("SCAN") && !HARMLESS.includes(step)),
    ),
  );
  expect(scans).toEqual([]);
});

test("on Postgres no verb but the search reads a whole table", async () => {
  const database = await postgres.freshDatabase();
  await makePeople(database, { count: MANY });
  await inPostgres(database, async (client) => {
    await client.query(CONNECTIONS);
    await client.query("ANALYZE upstream_credentials");
  });
  const query = vi.spyOn(pg.Client.prototype, "query");
  const store = await openTestStore({ database });
  await useAll(store);
  const statements = new Map(query.mock.calls.map(statementOf).filter(([sql]) => isAboutPeople(sql)));
  query.mockRestore();
  await store.close();

  expect(statements.size).toBeGreaterThan(40);
  await inPostgres(database, async (client) => {
    const expectNoScan = async (explain: string, sql: string, values: unknown[]) => {
      const { rows } = await client.query(`EXPLAIN (${explain}FORMAT JSON) ${sql}`, values);
      for (const [, table] of JSON.stringify(rows).matchAll(SEQUENTIAL)) {
        expect(LARGE, sql).not.toContain(table);
      }
    };
    for (const [sql, values] of statements) {
      await expectNoScan("", sql, values);
      // A prepared statement may be planned once for all that it will be given. Not where that says how many rows it reads.
      if (!/limit \$/.test(sql)) await expectNoScan("GENERIC_PLAN, ", sql, []);
    }
  });
});

test("the janitor deletes sessions and links that have ended in batches, and no others", async () => {
  for (const database of [join(folder, "janitor.db"), await postgres.freshDatabase()]) {
    await makePeople(database, { count: MANY, sessionsEndAt: NOW - 1 });
    const store = await openTestStore({ database });
    await store.signIn(
      sampleSignIn({
        identity: first.identity,
        personId: first.id,
        person: { id: first.id },
        session: sampleSession({ expiresAt: NOW + 1000, endsAt: NOW + 1000 }),
        now: NOW,
      }),
      SIGNED_IN,
    );
    const limit = MANY / 5;
    const rounds: unknown[] = [];
    for (let round = 0; round <= 5; round += 1) rounds.push(await store.deleteExpired(NOW, limit));
    const batch = { deleted: 2 * limit, more: true };
    expect(rounds).toEqual([batch, batch, batch, batch, batch, { deleted: 0, more: false }]);
    expect(await store.findSession("session-1", NOW)).toBeDefined();
    await store.close();
  }
});

const SEQUENTIAL = /"Node Type":"Seq Scan"[^{}]*?"Relation Name":"(\w+)"/g;

function statementOf([query]: readonly unknown[]): readonly [sql: string, values: unknown[]] {
  const { text = "", values = [] } = query as { readonly text?: string; readonly values?: unknown[] };
  return [text, values];
}

function isAboutPeople(sql: string): boolean {
  return (
    LARGE.some((table) => sql.includes(`"${table}"`)) && /^\s*(select|insert|update|delete|with) /i.test(sql)
  );
}
