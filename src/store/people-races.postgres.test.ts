import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../test/support/postgres/shared.ts";
import {
  APPROVED,
  addSamplePerson,
  CREDENTIAL_CHANGED,
  DAY,
  IDENTITY_LINKED,
  IDENTITY_UNLINKED,
  INVITED,
  PERSON_ADDED,
  PERSON_DISABLED,
  PERSON_ENABLED,
  PERSON_LINKED,
  PERSON_REMOVED,
  SECOND,
  SESSION_ENDED,
  SIGNED_IN,
  SIGNED_OUT,
  START,
  sampleApproval,
  sampleLink,
  samplePerson,
  sampleSession,
  sampleSignIn,
  UPSTREAM_CONNECTED,
  UPSTREAM_DISCONNECTED,
} from "../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../test/support/store/test-store.ts";
import { sampleUpstream } from "../../test/support/store/upstream-contract.ts";
import type { SignInOutcome } from "./people-records.ts";

// Two instances, each with connections of its own, do to one person what does not go together. Whichever comes first, the
// rows tell one story afterwards, and neither call fails.

const ROUNDS = 12;
const NOW = START + SECOND;
const OKTA = { method: "oidc", issuer: "https://okta.example", subject: "00u1" };

let folder: string;
let postgres: SharedPostgres;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-races-"));
  postgres = await sharedPostgres();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await postgres.stop();
});

let files = 0;
const databases = [
  {
    name: "SQLite",
    freshDatabase: async () => {
      files += 1;
      return join(folder, `${files}.db`);
    },
    // There is one writer at a time.
    countDeadlocks: async () => 0,
  },
  {
    name: "Postgres",
    freshDatabase: () => postgres.freshDatabase(),
    countDeadlocks: async (url: string) => {
      const sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
      const [counted] = await postgres.query(url, sql);
      return Number(counted?.deadlocks);
    },
  },
];

describe.each(databases)("on $name, at once at two instances:", ({ freshDatabase, countDeadlocks }) => {
  let a: TestStore;
  let b: TestStore;
  let database: string;
  beforeEach(async () => {
    database = await freshDatabase();
    a = await openTestStore({ database });
    b = await openTestStore({ database });
  });
  afterEach(async () => {
    await a.close();
    await b.close();
    expect(await countDeadlocks(database)).toBe(0);
  });

  /** Each round with a person of its own, in turn. One side begins a little earlier or later each time. */
  async function inRounds(race: (person: string, one: TestStore, other: TestStore) => Promise<void>) {
    for (let round = 0; round < ROUNDS; round += 1) {
      await race(`person-${round}`, ...((round % 2 === 0 ? [a, b] : [b, a]) as [TestStore, TestStore]));
    }
  }
  const entries = async (event: string) =>
    (await a.auditAfter(0, 10_000)).filter((entry) => entry.event === event).length;

  test("two first sign-ins of one identity: one person, and the other one finds them", async () => {
    await inRounds(async (person) => {
      const identity = { ...OKTA, subject: person };
      const first = (store: TestStore, id: string) =>
        store.signIn(
          sampleSignIn({
            identity,
            personId: id,
            isNew: true,
            person: { id },
            session: sampleSession({ hash: `session of ${id}` }),
          }),
          SIGNED_IN,
        );
      const ids = [`${person}-a`, `${person}-b`] as const;
      const outcomes = await Promise.all([first(a, ids[0]), first(b, ids[1])]);
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["changed", "signed_in"]);
      const [winner, loser] = outcomes[0].kind === "signed_in" ? ids : ids.toReversed();
      expect((await b.findByIdentity(identity))?.person.id).toBe(winner);
      expect(await a.findPerson(loser ?? "")).toBeUndefined();
      expect(await a.findSession(`session of ${loser}`, NOW)).toBeUndefined();
    });
    expect(await entries("sign_in.ok")).toBe(ROUNDS);
  });

  test("a sign-in and disable: no session is left", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      await Promise.all([
        beginSession(one, person),
        other.disablePerson(person, NOW, PERSON_DISABLED),
        approve(one, person),
      ]);
      expect((await a.findPerson(person))?.disabledAt).toBe(NOW);
      expect(await a.listSessions(person, NOW)).toEqual([]);
      expect(await a.listGrants({ personId: person, liveAt: NOW })).toEqual([]);
    });
  });

  test("a first sign-in and the disable of its id before there is a row: no session is left", async () => {
    await inRounds(async (person, one, other) => {
      const identity = { ...OKTA, subject: person };
      const session = sampleSession({ hash: `session of ${person}` });
      const signIn = { identity, personId: person, isNew: true, person: { id: person }, session };
      const [outcome, disabled] = await Promise.all([
        one.signIn(sampleSignIn(signIn), SIGNED_IN),
        other.disablePerson(person, NOW, PERSON_DISABLED),
      ]);
      expect([outcome.kind, disabled]).toEqual([
        expect.stringMatching(/^(signed_in|disabled|changed)$/),
        true,
      ]);
      expect((await a.findPerson(person))?.disabledAt).toBe(NOW);
      expect(await a.findSession(session.hash, NOW)).toBeUndefined();
      expect(await a.listSessions(person, NOW)).toEqual([]);
    });
  });

  test("a first sign-in to a row that is there and its sign-out: what is older than the sign-out does not count", async () => {
    await inRounds(async (person, one, other) => {
      // `disable` and `enable` leave a row that no identity proves.
      await a.disablePerson(person, START, PERSON_DISABLED);
      await a.enablePerson(person, PERSON_ENABLED);
      const session = sampleSession({ hash: `session of ${person}` });
      const signIn = { identity: { ...OKTA, subject: person }, personId: person, isNew: true, session };
      await Promise.all([
        one.signIn(sampleSignIn({ ...signIn, person: { id: person }, now: NOW - 1 }), SIGNED_IN),
        other.signOutPerson(person, NOW, SIGNED_OUT),
      ]);
      expect(await a.findSession(session.hash, NOW)).toBeUndefined();
    });
  });

  test("an approval, a sign-in and sign-out: nothing older than the sign-out is left", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      await Promise.all([
        approve(one, person),
        beginSession(one, person, START),
        other.signOutPerson(person, NOW, SIGNED_OUT),
      ]);
      expect(await a.listSessions(person, NOW)).toEqual([]);
      expect(await a.listGrants({ personId: person, liveAt: NOW })).toEqual([]);
    });
  });

  test("an approval and remove: no grant lives on, and none keeps more of the person than the id", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      const [grant, removed] = await Promise.all([
        approve(one, person),
        other.removePerson(person, NOW, PERSON_REMOVED),
        beginSession(one, person),
      ]);
      expect(removed).toBe(true);
      expect(await a.findPerson(person)).toBeUndefined();
      expect(await a.listSessions(person, NOW)).toEqual([]);
      expect(await a.listIdentities(person)).toEqual([]);
      const left = await a.findGrant(`grant of ${person}`);
      expect(left?.person).toEqual(grant && { id: person });
      expect(left?.revokedAt).toBe(grant && NOW);
    });
  });

  test("a service that is connected and refreshed, and disable or remove: nothing there is left", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      await connect(a, person, "first");
      await Promise.all([
        connect(one, person, "second"),
        refresh(one, person, "third"),
        one === a
          ? other.disablePerson(person, NOW, PERSON_DISABLED)
          : other.removePerson(person, NOW, PERSON_REMOVED),
      ]);
      expect(await a.listUpstreamCredentials(person)).toEqual([]);
    });
  });

  test("a refresh and a new connection: what was connected anew stays", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      await connect(a, person, "first");
      await Promise.all([connect(one, person, "second"), refresh(other, person, "third")]);
      expect(await a.findUpstreamCredential(person, "github")).toMatchObject({ sealed: "second" });
    });
  });

  test("two connections where nothing may be there: one of them, whatever comes first", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      const kept = await Promise.all([
        connect(one, person, "first", null),
        connect(other, person, "second", null),
      ]);
      expect(kept.toSorted()).toEqual([false, true]);
      expect(await a.findUpstreamCredential(person, "github")).toMatchObject({
        version: kept[0] ? "first" : "second",
      });
    });
  });

  test.each(["connected anew", "refreshed", "disconnected"])(
    "a connection in the place of what was read, which is %s: never both",
    async (how) => {
      await inRounds(async (person, one, other) => {
        await addSamplePerson(a, person);
        await connect(a, person, "first");
        const [isKept] = await Promise.all([
          connect(one, person, "late", "first"),
          how === "refreshed"
            ? refresh(other, person, "chosen")
            : how === "disconnected"
              ? other.removeUpstreamCredential(
                  { personId: person, upstream: "github", now: NOW },
                  UPSTREAM_DISCONNECTED,
                )
              : connect(other, person, "chosen"),
        ]);
        const left = (await a.findUpstreamCredential(person, "github"))?.version;
        // What was read is there no more: either it came first, and the other took its place or not, or it did not come.
        if (how === "refreshed") expect(left).toBe(isKept ? "late" : "chosen");
        else expect(left).toBe(how === "disconnected" ? undefined : "chosen");
      });
    },
  );

  test("two people become one while both sign in and approve: the survivor has it all", async () => {
    await inRounds(async (survivor, one, other) => {
      const gone = `other ${survivor}`;
      await addSamplePerson(a, survivor);
      await addSamplePerson(a, gone);
      const [linked, ...outcomes] = await Promise.all([
        other.linkPeople({ survivor, gone }, NOW, PERSON_LINKED),
        beginSession(one, gone),
        beginSession(one, survivor),
        approve(one, gone),
      ]);
      expect(linked).toBe(true);
      expect(await a.findPerson(gone)).toBeUndefined();
      expect(await a.listIdentities(gone)).toEqual([]);
      expect(await a.listIdentities(survivor)).toHaveLength(2);
      const signedIn = outcomes.slice(0, 2).filter((outcome) => isSignedIn(outcome)).length;
      expect(await a.listSessions(gone, NOW)).toEqual([]);
      expect(await a.listSessions(survivor, NOW)).toHaveLength(signedIn);
      expect(await a.listGrants({ personId: gone, limit: 10 })).toEqual([]);
    });
  });

  test("the removal of the last two identities: one stays", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      const [own, linked] = [samplePerson(person).identity, { ...OKTA, subject: person }];
      await a.addIdentity({ ...linked, personId: person, label: "okta", now: NOW }, IDENTITY_LINKED);
      const removed = await Promise.all([
        one.removeIdentity(person, linked, own, IDENTITY_UNLINKED),
        other.removeIdentity(person, own, linked, IDENTITY_UNLINKED),
      ]);
      expect(removed.filter(Boolean)).toHaveLength(1);
      expect(await a.listIdentities(person)).toHaveLength(1);
    });
  });

  test("one identity that two people link, and a sign-in with it for the first time: it proves one", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      const identity = { ...OKTA, subject: person };
      const id = `new ${person}`;
      const session = sampleSession({ hash: `session of ${id}` });
      const [added, outcome] = await Promise.all([
        one.addIdentity({ ...identity, personId: person, label: "okta", now: NOW }, IDENTITY_LINKED),
        other.signIn(
          sampleSignIn({ identity, personId: id, isNew: true, person: { id }, session }),
          SIGNED_IN,
        ),
      ]);
      expect(outcome.kind).toBe(added ? "changed" : "signed_in");
      expect((await a.findByIdentity(identity))?.person.id).toBe(added ? person : id);
      expect(await a.findPerson(id)).toEqual(added ? undefined : expect.anything());
    });
  });

  test("a link for a password that is used in several places sets it once, and never after disable", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      const hash = `link of ${person}`;
      await a.addLink(sampleLink({ hash, personId: person }), INVITED);
      const use = (store: TestStore, secret: string) =>
        store.usePasswordLink(
          { hash, credential: credentialOf(person, secret), now: NOW },
          CREDENTIAL_CHANGED,
        );
      const used = await Promise.all([
        use(one, "$2b$12$one"),
        use(other, "$2b$12$two"),
        use(one, "$2b$12$three"),
      ]);
      expect(used.filter(Boolean)).toHaveLength(1);
      const secrets = ["$2b$12$one", "$2b$12$two", "$2b$12$three"];
      const { secret } = (await a.findCredential(person, "password")) ?? {};
      expect(secret).toBe(secrets[used.indexOf(true)]);
      await a.addLink(sampleLink({ hash, personId: person }), INVITED);
      await Promise.all([use(one, "$2b$12$late"), other.disablePerson(person, NOW, PERSON_DISABLED)]);
      expect(await a.findLink(hash, NOW)).toBeUndefined();
    });
    expect(await entries("credential.changed")).toBeLessThanOrEqual(2 * ROUNDS);
  });

  test("two sessions that each change the password and end the other one: one does", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      const change = async (store: TestStore, mark: string) =>
        store.changePassword(
          {
            credential: credentialOf(person, `$2b$12$${mark}`),
            session: `session of ${person}${mark}`,
            now: NOW,
          },
          CREDENTIAL_CHANGED,
        );
      for (const mark of ["x", "y"]) await beginSession(a, person, NOW, mark);
      const changed = await Promise.all([change(one, "x"), change(other, "y")]);
      expect(changed.filter(Boolean)).toHaveLength(1);
      const mark = changed[0] ? "x" : "y";
      expect((await a.findCredential(person, "password"))?.secret).toBe(`$2b$12$${mark}`);
      expect(await a.listSessions(person, NOW)).toMatchObject([{ hash: `session of ${person}${mark}` }]);
    });
  });

  test("an invitation that is used in several places adds one person", async () => {
    await inRounds(async (person, one, other) => {
      const hash = `invitation ${person}`;
      await a.addLink(sampleLink({ hash, purpose: "invitation", personId: null }), INVITED);
      const ids = [`${person}-x`, `${person}-y`] as const;
      const used = await Promise.all([
        one.useInvitation({ hash, person: samplePerson(ids[0], { now: NOW }) }, PERSON_ADDED),
        other.useInvitation({ hash, person: samplePerson(ids[1], { now: NOW }) }, PERSON_ADDED),
      ]);
      expect(used.filter(Boolean)).toHaveLength(1);
      const there = await Promise.all(ids.map((id) => a.findPerson(id)));
      expect(there.map((one) => one !== undefined)).toEqual(used);
    });
  });

  test("the end of a session while it is used: it has ended", async () => {
    await inRounds(async (person, one, other) => {
      await addSamplePerson(a, person);
      await beginSession(a, person);
      const hash = `session of ${person}`;
      const [, ended] = await Promise.all([
        one.touchSession(hash, NOW, NOW + DAY),
        other.endSession(person, hash, SESSION_ENDED),
        one.touchSession(hash, NOW + 1, NOW + DAY),
      ]);
      expect(ended).toBe(true);
      expect(await a.findSession(hash, NOW)).toBeUndefined();
    });
  });

  test("everything at once, to a few people: every call is answered", async () => {
    const people = ["ada", "grace", "mary"];
    for (const person of people) await addSamplePerson(a, person);
    let turn = 0;
    const storm = people.flatMap((person) =>
      [a, b].map(async (store) => {
        for (let round = 0; round < ROUNDS; round += 1) {
          turn += 1;
          const mine = turn;
          const other = people[(people.indexOf(person) + 1) % people.length] ?? person;
          const identity = { ...OKTA, subject: `${person}-${mine}` };
          const ends: readonly (() => Promise<unknown>)[] = [
            () => store.disablePerson(person, NOW, PERSON_DISABLED),
            () => store.enablePerson(person, PERSON_ENABLED),
            () => store.signOutPerson(person, START - 1, SIGNED_OUT),
            () => store.linkPeople({ survivor: person, gone: other }, NOW, PERSON_LINKED),
            () => store.removePerson(person, NOW, PERSON_REMOVED),
            () => store.addPerson(samplePerson(person), PERSON_ADDED),
            () => store.endOtherSessions(person, "none", NOW, SESSION_ENDED),
          ];
          // In two turns: that a busy machine is too slow for so many connections says nothing of locks.
          await Promise.all([
            ends[mine % ends.length]?.(),
            beginSession(store, person, NOW, `${mine}`),
            store.approve(sampleApproval({ id: `grant-${mine}`, person: { id: person } }), APPROVED),
            connect(store, person, `${mine}`),
            refresh(store, person, `${mine}`),
            store.deleteExpired(NOW + DAY, 100),
          ]);
          await Promise.all([
            store.addIdentity({ ...identity, personId: person, label: "okta", now: NOW }, IDENTITY_LINKED),
            store.removeIdentity(person, identity, samplePerson(person).identity, IDENTITY_UNLINKED),
            store.saveCredential(credentialOf(person, "$2b$12$x"), CREDENTIAL_CHANGED),
            store.changePassword(
              {
                credential: credentialOf(person, "$2b$12$y"),
                session: `session of ${person}${mine}`,
                now: NOW,
              },
              CREDENTIAL_CHANGED,
            ),
            store.addLink(sampleLink({ hash: `link-${mine}`, personId: person }), INVITED),
          ]);
        }
      }),
    );
    const failed = (await Promise.allSettled(storm)).filter(({ status }) => status === "rejected");
    expect(failed).toEqual([]);
    for (const person of people) {
      const record = await a.findPerson(person);
      if (record?.disabledAt === null) continue;
      expect(await a.listSessions(person, NOW)).toEqual([]);
      expect(await a.listGrants({ personId: person, liveAt: NOW })).toEqual([]);
      expect(await a.listUpstreamCredentials(person)).toEqual([]);
      if (!record) expect(await a.listIdentities(person)).toEqual([]);
    }
  });
});

const approve = (store: TestStore, person: string) =>
  store.approve(
    sampleApproval({ id: `grant of ${person}`, person: { id: person, name: "Ada" }, signedInAt: START }),
    APPROVED,
  );

function beginSession(store: TestStore, person: string, now = NOW, mark = ""): Promise<SignInOutcome> {
  const { identity } = samplePerson(person);
  const session = sampleSession({ hash: `session of ${person}${mark}` });
  const signIn = sampleSignIn({ identity, personId: person, person: { id: person }, session, now });
  return store.signIn(signIn, SIGNED_IN);
}

const connect = (store: TestStore, personId: string, version: string, before?: string | null) =>
  store.saveUpstreamCredential(
    sampleUpstream({ personId, version, sealed: version, before }),
    UPSTREAM_CONNECTED,
  );

/** Of the first connection. */
const refresh = (store: TestStore, personId: string, version: string) =>
  store.replaceUpstreamTokens({
    personId,
    upstream: "github",
    before: "first",
    version,
    sealed: version,
    scopes: [],
    expiresAt: null,
  });

const isSignedIn = (outcome: unknown) =>
  typeof outcome === "object" && outcome !== null && "kind" in outcome && outcome.kind === "signed_in";

const credentialOf = (personId: string, secret: string) =>
  ({ personId, kind: "password", id: "", secret, createdAt: NOW, counter: null, usedAt: null }) as const;
