import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../test/support/postgres/shared.ts";
import { type ChildStore, startChildStore } from "../../test/support/processes/child-store.ts";
import {
  APPROVED,
  DAY,
  INVITED,
  PERSON_ADDED,
  PERSON_DISABLED,
  PERSON_ENABLED,
  REDEEMED,
  START,
  sampleApproval,
  sampleEntry,
  sampleLink,
  samplePerson,
  sampleSession,
  sampleSignIn,
} from "../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../test/support/store/test-store.ts";

const GRANTS = 30;
const PEOPLE = 15;
const ROUNDS = 3;

let folder: string;
let postgres: SharedPostgres;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-crash-"));
  postgres = await sharedPostgres();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await postgres.stop();
});

const OTHERS =
  "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

const databases = [
  { name: "SQLite", freshDatabase: async () => join(folder, `${randomUUID()}.db`), async settled() {} },
  {
    name: "Postgres",
    freshDatabase: () => postgres.freshDatabase(),
    /** Postgres still does what the process had sent: what is read meanwhile is of two states. */
    async settled(database: string) {
      await expect.poll(() => postgres.query(database, OTHERS), { timeout: 30_000 }).toEqual([]);
    },
  },
];

describe.each(databases)("kill -9 in the middle of a burst, on $name", ({ freshDatabase, settled }) => {
  test("nothing that was answered is lost, and no grant is half made", async () => {
    const database = await freshDatabase();
    /** What this test was answered, of all rounds. */
    const answered = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = await startChildStore(database);
      await child.open();
      await child.call("addPerson", samplePerson(), PERSON_ADDED);
      const before = count(answered);
      const clients = Array.from({ length: GRANTS }, (_, index) =>
        whileThereIsRoom(liveALife(child, `grant-${round}-${index}`, answered)),
      );
      while (count(answered) < before + 20 * GRANTS) await new Promise((resolve) => setImmediate(resolve));
      await child.kill();
      // Every one of them was still at it.
      expect(await Promise.race([...clients, "all waiting"])).toBe("all waiting");
      await settled(database);

      const store = await openTestStore({ database });
      for (const [id, generation] of answered) {
        const grant = await store.findGrant(id);
        // A write may have been made without being answered; the other way round must not be.
        expect(grant?.generation).toBeGreaterThanOrEqual(generation);
        const redeemed = (grant?.generation ?? 0) > 0;
        expect([grant?.redeemedAt !== null, grant?.rotatedAt !== null]).toEqual([redeemed, redeemed]);
      }
      await store.close();
    }
  });

  test("nothing that people were answered is lost, a sign-in is all or nothing, and a link is used once", async () => {
    const database = await freshDatabase();
    const lives: PersonsLife[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = await startChildStore(database);
      await child.open();
      const begun = Array.from({ length: PEOPLE }, (_, index) => newLife(`person-${round}-${index}`));
      lives.push(...begun);
      const running = begun.map((life, index) =>
        whileThereIsRoom(
          index % 3 === 0 ? beDisabledOverAndOver(child, life) : signInOverAndOver(child, life),
        ),
      );
      const answers = () => begun.reduce((sum, life) => sum + life.answers, 0);
      while (answers() < 20 * PEOPLE) await new Promise((resolve) => setImmediate(resolve));
      await child.kill();
      expect(await Promise.race([...running, "all waiting"])).toBe("all waiting");
      await settled(database);

      const store = await openTestStore({ database });
      for (const life of lives) await expectKept(store, life);
      await store.close();
    }
  });
});

/** On a slow disk, a write may be refused for want of time. Whether it was made is open then, as where nothing was answered. */
function whileThereIsRoom(life: Promise<string>): Promise<string> {
  return life.catch((cause: Error) => {
    if (!cause.message.includes("cannot do this right now")) throw cause;
    return new Promise(() => {});
  });
}

/** What a person was answered. */
type PersonsLife = {
  readonly id: string;
  answers: number;
  /** The last sign-in, the last link that was used, and the last disabling, by their numbers from 1. */
  signedIn: number;
  linkUsed: number;
  disabled: number;
  enablingAsked: number;
};

function newLife(id: string): PersonsLife {
  return { id, answers: 0, signedIn: 0, linkUsed: 0, disabled: 0, enablingAsked: 0 };
}

const identityOf = (id: string) => ({ method: "oidc", issuer: "https://idp.example", subject: id });
const sessionOf = (id: string, number: number) => `session ${number} of ${id}`;
const linkOf = (id: string, number: number) => `link ${number} of ${id}`;
const passwordOf = (id: string, number: number) =>
  ({
    personId: id,
    kind: "password",
    id: "",
    secret: `$2b$12$${number}`,
    createdAt: START,
    counter: null,
    usedAt: null,
  }) as const;

/** Each sign-in in the same browser, and a new password by a link after it. */
async function signInOverAndOver(child: ChildStore, life: PersonsLife): Promise<string> {
  const { id } = life;
  for (let number = 1; ; number += 1) {
    const outcome = await signInOnce(child, id, number);
    if (outcome?.kind !== "signed_in") return `the sign-in of ${id} was ${outcome?.kind}`;
    life.signedIn = number;
    life.answers += 1;
    await child.call("addLink", sampleLink({ hash: linkOf(id, number), personId: id }), INVITED);
    const use = { hash: linkOf(id, number), credential: passwordOf(id, number), now: START };
    const entry = sampleEntry("credential.changed", { fields: { person: id } });
    if (!(await child.call("usePasswordLink", use, entry))) return `a link of ${id} was not used`;
    life.linkUsed = number;
    life.answers += 1;
  }
}

async function beDisabledOverAndOver(child: ChildStore, life: PersonsLife): Promise<string> {
  const { id } = life;
  for (let number = 1; ; number += 1) {
    const outcome = await signInOnce(child, id, number);
    if (outcome?.kind !== "signed_in") return `the sign-in of ${id} was ${outcome?.kind}`;
    life.signedIn = number;
    await child.call("disablePerson", id, START, PERSON_DISABLED);
    life.disabled = number;
    life.answers += 1;
    life.enablingAsked = number;
    await child.call("enablePerson", id, PERSON_ENABLED);
    life.answers += 1;
  }
}

function signInOnce(child: ChildStore, id: string, number: number) {
  const session = sampleSession({
    hash: sessionOf(id, number),
    replaces: number > 1 ? sessionOf(id, number - 1) : undefined,
  });
  const proved = { identity: identityOf(id), personId: id, person: { id }, isNew: number === 1 };
  // After the password before it was set, which signs the person out.
  const signIn = { ...proved, session, askedAt: START + 1 };
  return child.call("signIn", sampleSignIn(signIn), sampleEntry("sign_in.ok", { fields: { person: id } }));
}

async function expectKept(store: TestStore, life: PersonsLife): Promise<void> {
  const { id } = life;
  const record = await store.findPerson(id);
  const identities = await store.listIdentities(id);
  const sessions = (await store.listSessions(id, START)).map(({ hash }) => hash);
  const history = await store.readAudit({
    concerning: { kind: "person", id },
    order: "oldest_first",
    limit: 100_000,
  });
  const count = (event: string) => history.filter((entry) => entry.event === event).length;
  const signedIn = count("sign_in.ok");

  // One more may be there than was answered.
  expect([life.signedIn, life.signedIn + 1], id).toContain(signedIn);
  expect([record !== undefined, identities.length], id).toEqual([signedIn > 0, signedIn > 0 ? 1 : 0]);
  expect(await store.findByIdentity(identityOf(id))).toEqual(record);
  if (life.disabled > 0 || record?.disabledAt) {
    if (life.enablingAsked < life.disabled) expect(record?.disabledAt, id).toBe(START);
    expect(sessions, id).toEqual(
      sessions.length === 0 || record?.disabledAt ? [] : [sessionOf(id, signedIn)],
    );
    return;
  }
  const used = count("credential.changed");
  // The new password ends the session in its commit.
  expect(sessions, id).toEqual(signedIn > used ? [sessionOf(id, signedIn)] : []);
  expect([life.linkUsed, life.linkUsed + 1], id).toContain(used);
  const { secret } = (await store.findCredential(id, "password")) ?? {};
  expect(secret, id).toBe(used > 0 ? passwordOf(id, used).secret : undefined);
  if (used === 0) return;
  const again = { hash: linkOf(id, used), credential: passwordOf(id, 0), now: START };
  expect(await store.usePasswordLink(again, sampleEntry("credential.changed")), id).toBe(false);
}

/** Approves, redeems, and then refreshes for as long as there are answers. */
async function liveALife(child: ChildStore, id: string, answered: Map<string, number>): Promise<string> {
  await child.call("approve", sampleApproval({ id }), APPROVED);
  answered.set(id, 0);
  await child.call("redeemCode", id, START + DAY, START, REDEEMED);
  for (let generation = 1; ; generation += 1) {
    answered.set(id, generation);
    const rotation = { id, clientId: "client-1", presented: generation, now: START };
    const rotated = await child.call("rotateRefresh", { ...rotation, refreshExpiresAt: START + DAY });
    if (rotated?.generation !== generation + 1) return `${id} was answered ${JSON.stringify(rotated)}`;
  }
}

function count(answered: ReadonlyMap<string, number>): number {
  return [...answered.values()].reduce((sum, generation) => sum + generation, 0);
}
