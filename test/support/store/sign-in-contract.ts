import { describe, expect, test } from "vitest";
import type { PersonRecord, SignInOutcome, SignInRecord } from "../../../src/store/people-records.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  addSamplePerson,
  CREDENTIAL_CHANGED,
  DAY,
  IDENTITY_LINKED,
  PERSON_ADDED,
  PERSON_DISABLED,
  PERSON_ENABLED,
  SECOND,
  SIGNED_IN,
  SIGNED_OUT,
  START,
  samplePerson,
  sampleSession,
  sampleSignIn,
} from "./samples.ts";

const NOW = START + SECOND;
const OKTA = { method: "oidc", issuer: "https://okta.example", subject: "00u1" };

/** A person whom nobody has met, of a provider. */
const newcomer = (changes: Partial<SignInRecord> = {}): SignInRecord =>
  sampleSignIn({
    identity: OKTA,
    label: "grace@example.com",
    personId: "p-1",
    isNew: true,
    person: { id: "p-1", name: "Grace", email: "grace@example.com" },
    emails: ["grace@example.com"],
    groups: ["staff"],
    session: sampleSession({ hash: "session-of-grace", method: "okta" }),
    now: NOW,
    ...changes,
  });

export function signInContract(store: () => Store): void {
  const signIn = (signedIn: SignInRecord): Promise<SignInOutcome> => store().signIn(signedIn, SIGNED_IN);
  const people = () => store().listPeople({ now: NOW, limit: 100 });
  const entries = async () =>
    (await store().auditAfter(0, 100)).filter(({ event }) => event === "sign_in.ok").length;
  const live = async (hash: string) => (await store().findSession(hash, NOW)) !== undefined;
  /** All that a sign-in could have written. */
  const everything = async () => ({
    people: await people(),
    identities: await Promise.all((await people()).map(({ person }) => store().listIdentities(person.id))),
    sessions: await Promise.all((await people()).map(({ person }) => store().listSessions(person.id, NOW))),
    signIns: await entries(),
  });
  const expectRefused = async (
    refused: SignInRecord,
    kind: Exclude<SignInOutcome["kind"], "signed_in">,
  ): Promise<void> => {
    const before = await everything();
    expect(await signIn(refused)).toEqual({ kind });
    expect(await everything()).toEqual(before);
  };

  describe("signIn: the first one", () => {
    test("keeps the person, the identity, the session and the entry", async () => {
      const record: PersonRecord = {
        person: { id: "p-1", name: "Grace", email: "grace@example.com" },
        emails: ["grace@example.com"],
        groups: ["staff"],
        disabledAt: null,
        signedOutAt: null,
        isSaidByOperator: false,
        createdAt: NOW,
        signedInAt: NOW,
      };
      expect(await signIn(newcomer())).toEqual({ kind: "signed_in", record, begunAt: NOW });
      expect(await store().findPerson("p-1")).toEqual(record);
      expect(await store().findByIdentity(OKTA)).toEqual(record);
      expect(await store().listIdentities("p-1")).toEqual([
        { ...OKTA, personId: "p-1", label: "grace@example.com", createdAt: NOW, usedAt: NOW },
      ]);
      expect(await store().findSession("session-of-grace", NOW)).toMatchObject({ record });
      expect(await entries()).toBe(1);
    });

    test("on a loopback issuer keeps no session", async () => {
      expect(await signIn(newcomer({ session: undefined }))).toMatchObject({ kind: "signed_in" });
      expect(await store().listSessions("p-1", NOW)).toEqual([]);
    });

    test("of one identity in many places at once ends with one person", async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `random-${index}`);
      const outcomes = await Promise.all(
        ids.map((id) =>
          signIn(
            newcomer({ personId: id, person: { id }, session: sampleSession({ hash: `session-${id}` }) }),
          ),
        ),
      );
      const winners = ids.filter((_, index) => outcomes[index]?.kind === "signed_in");
      expect(winners).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === "changed")).toHaveLength(ids.length - 1);
      expect((await people()).map(({ person }) => person.id).sort()).toEqual(["ada", ...winners]);
      expect((await store().findByIdentity(OKTA))?.person.id).toBe(winners[0]);
      const sessions = await Promise.all(ids.map((id) => live(`session-${id}`)));
      expect(sessions.filter(Boolean)).toHaveLength(1);
      expect(await entries()).toBe(1);
    });

    test("of two identities that say one id ends with one of them", async () => {
      const claims = Array.from({ length: 8 }, (_, index) => ({ ...OKTA, subject: `subject-${index}` }));
      const outcomes = await Promise.all(
        claims.map((identity, index) =>
          signIn(newcomer({ identity, session: sampleSession({ hash: `session-${index}` }) })),
        ),
      );
      expect(outcomes.filter(({ kind }) => kind === "signed_in")).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === "id_taken")).toHaveLength(claims.length - 1);
      expect(await store().listIdentities("p-1")).toHaveLength(1);
      expect(await store().listSessions("p-1", NOW)).toHaveLength(1);
    });

    test("takes a row that no identity proves, with all that is its", async () => {
      await store().disablePerson("p-1", START, PERSON_DISABLED);
      await store().enablePerson("p-1", PERSON_ENABLED);
      const outcome = await signIn(newcomer());
      expect(outcome).toMatchObject({ kind: "signed_in", record: { person: { name: "Grace" } } });
      expect(await store().findPerson("p-1")).toMatchObject({ createdAt: START, signedInAt: NOW });
    });
  });

  describe("signIn: a later one", () => {
    test("keeps what it says of the person, and when", async () => {
      const later = NOW + DAY;
      await signIn(newcomer());
      const changed = {
        person: { id: "p-1", name: "Ada L.", roles: ["admin"], "": null },
        emails: ["ada@new.example"],
        groups: ["staff", "admins"],
      };
      const again = { ...changed, isNew: false, label: "lovelace", now: later, askedAt: later };
      const outcome = await signIn(newcomer({ ...again, session: undefined }));
      const record = {
        ...changed,
        disabledAt: null,
        signedOutAt: null,
        isSaidByOperator: false,
        createdAt: NOW,
        signedInAt: later,
      };
      expect(outcome).toEqual({ kind: "signed_in", record, begunAt: later });
      expect(await store().findPerson("p-1")).toEqual(record);
      expect(await store().listIdentities("p-1")).toMatchObject([{ label: "lovelace", usedAt: later }]);
    });

    test("leaves what the operator said of a person, whichever identity proves them, and hands it back", async () => {
      const before = await store().findPerson("ada");
      const said = { person: { id: "ada", name: "Eve" }, emails: ["eve@evil.example"], groups: ["admins"] };
      await store().addIdentity({ ...OKTA, personId: "ada", label: "ada", now: START }, IDENTITY_LINKED);
      for (const proof of [samplePerson(), { identity: OKTA, label: "eve" }]) {
        const { identity, label } = proof;
        const outcome = await signIn(
          sampleSignIn({ ...said, identity, label, session: undefined, now: NOW }),
        );
        expect(outcome).toEqual({ kind: "signed_in", record: { ...before, signedInAt: NOW }, begunAt: NOW });
      }
      expect(await store().listPeople({ matching: "eve@evil", now: NOW, limit: 5 })).toEqual([]);
      expect(await store().listPeople({ matching: "ada@example", now: NOW, limit: 5 })).toHaveLength(1);
    });

    test("ends the session that the browser had, whosever it was, and no other", async () => {
      await signIn(newcomer());
      await signIn(sampleSignIn());
      await signIn(
        sampleSignIn({ session: sampleSession({ hash: "session-2", replaces: "session-of-grace" }) }),
      );
      expect(await live("session-of-grace")).toBe(false);
      expect([await live("session-1"), await live("session-2")]).toEqual([true, true]);
    });

    test("many times at once, each has its session", async () => {
      const hashes = Array.from({ length: 10 }, (_, index) => `session-${index}`);
      await Promise.all(hashes.map((hash) => signIn(sampleSignIn({ session: sampleSession({ hash }) }))));
      expect((await store().listSessions("ada", NOW)).map(({ hash }) => hash).sort()).toEqual(hashes);
    });

    test("never ends a session later than it may", async () => {
      const session = sampleSession({ expiresAt: START + 40 * DAY, endsAt: START + DAY });
      await signIn(sampleSignIn({ session }));
      expect(await store().findSession("session-1", START + DAY - 1)).toBeDefined();
      expect(await store().findSession("session-1", START + DAY)).toBeUndefined();
    });
  });

  describe("signIn is refused, and writes nothing", () => {
    test("where the person is disabled", async () => {
      await store().disablePerson("ada", START, PERSON_DISABLED);
      await expectRefused(sampleSignIn(), "disabled");
    });

    test("where the id was disabled before anyone signed in with it", async () => {
      await store().disablePerson("p-1", START, PERSON_DISABLED);
      await expectRefused(newcomer(), "disabled");
      expect(await store().findByIdentity(OKTA)).toBeUndefined();
    });

    test("where another identity proves the person with the id", async () => {
      await expectRefused(newcomer({ personId: "ada", person: { id: "ada" } }), "id_taken");
      expect(await store().findByIdentity(OKTA)).toBeUndefined();
    });

    test("where that person is disabled: whose id it is does not change by it", async () => {
      await store().disablePerson("ada", START, PERSON_DISABLED);
      await expectRefused(newcomer({ personId: "ada", person: { id: "ada" } }), "id_taken");
    });

    test("where somebody has a password under the id, whatever proves them", async () => {
      await store().disablePerson("p-1", START, PERSON_DISABLED);
      await store().enablePerson("p-1", PERSON_ENABLED);
      const password = {
        personId: "p-1",
        kind: "password",
        id: "",
        counter: null,
        secret: "$2b$12$x",
      } as const;
      await store().saveCredential({ ...password, createdAt: START, usedAt: null }, CREDENTIAL_CHANGED);
      await expectRefused(newcomer(), "id_taken");
    });

    test("where the identity proves somebody by now", async () => {
      await signIn(newcomer());
      await expectRefused(newcomer({ personId: "p-2", person: { id: "p-2" } }), "changed");
      await expectRefused(newcomer(), "changed");
    });

    test("where the identity proves nobody any more, or somebody else", async () => {
      await expectRefused(newcomer({ isNew: false }), "changed");
      await signIn(newcomer());
      await expectRefused(newcomer({ isNew: false, personId: "ada", person: { id: "ada" } }), "changed");
    });

    test("where the person was signed out after this sign-in began", async () => {
      await store().signOutPerson("ada", NOW, SIGNED_OUT);
      await expectRefused(sampleSignIn({ askedAt: NOW - 1, now: NOW + 5 }), "outdated");
      // Which of the two was first cannot be told.
      await expectRefused(sampleSignIn({ askedAt: NOW, now: NOW + 5 }), "outdated");
      await store().signOutPerson("ada", NOW - 5, SIGNED_OUT);
      await expectRefused(sampleSignIn({ askedAt: NOW, now: NOW + 5 }), "outdated");
      expect(await signIn(sampleSignIn({ askedAt: NOW + 1, now: NOW + 5 }))).toMatchObject({
        kind: "signed_in",
      });
    });

    test("where the password that proved it is not theirs any more", async () => {
      const password = { personId: "ada", kind: "password", id: "", counter: null, usedAt: null } as const;
      const set = (createdAt: number) =>
        store().saveCredential({ ...password, secret: "$2b$12$x", createdAt }, CREDENTIAL_CHANGED);
      const provedBy = (passwordSetAt: number) =>
        sampleSignIn({ passwordSetAt, askedAt: NOW + 9, now: NOW + 9 });
      await expectRefused(provedBy(START), "outdated");
      await set(START);
      expect(await signIn(provedBy(START))).toMatchObject({ kind: "signed_in" });
      // The request came after the time that the new password says, and before its commit.
      await set(NOW);
      await expectRefused(provedBy(START), "outdated");
      expect(await signIn(provedBy(NOW))).toMatchObject({ kind: "signed_in" });
    });

    test("where a row that no identity proves was signed out after this first sign-in began", async () => {
      await store().disablePerson("p-1", START, PERSON_DISABLED);
      await store().enablePerson("p-1", PERSON_ENABLED);
      await store().signOutPerson("p-1", NOW, SIGNED_OUT);
      await expectRefused(newcomer({ askedAt: NOW - 1, now: NOW + 5 }), "outdated");
      expect(await signIn(newcomer({ askedAt: NOW + 1, now: NOW + 5 }))).toMatchObject({ kind: "signed_in" });
    });

    test("where its entry cannot be written", async () => {
      const before = await everything();
      const unwritable = { ...SIGNED_IN, at: null as unknown as number };
      await expect(store().signIn(newcomer(), unwritable)).rejects.toThrow();
      await expect(store().signIn(sampleSignIn(), unwritable)).rejects.toThrow();
      expect(await everything()).toEqual(before);
    });
  });

  describe("addPerson", () => {
    test("adds one who has not signed in, with an identity and a password", async () => {
      const person = samplePerson("grace", { passwordHash: "$2b$12$hash", groups: ["staff"], now: NOW });
      expect(await store().addPerson(person, PERSON_ADDED)).toBe(true);
      expect(await store().findByIdentity(person.identity)).toEqual({
        person: person.person,
        emails: person.emails,
        groups: ["staff"],
        disabledAt: null,
        signedOutAt: null,
        isSaidByOperator: true,
        createdAt: NOW,
        signedInAt: null,
      });
      expect(await store().findCredential("grace", "password")).toMatchObject({ secret: "$2b$12$hash" });
    });

    test.each([
      ["the id is there", samplePerson("ada", { identity: OKTA, passwordHash: "$2b$12$other" })],
      ["the identity is there", samplePerson("eve", { identity: samplePerson().identity })],
      ["both are there", samplePerson("ada", { passwordHash: "$2b$12$other" })],
    ])("adds nothing where %s", async (_what, person) => {
      const before = await everything();
      expect(await store().addPerson(person, PERSON_ADDED)).toBe(false);
      expect(await everything()).toEqual(before);
      expect(await store().findCredential(person.person.id, "password")).toBeUndefined();
    });

    test("nor where the id was disabled before it was anyone's", async () => {
      await store().disablePerson("eve", START, PERSON_DISABLED);
      expect(await store().addPerson(samplePerson("eve"), PERSON_ADDED)).toBe(false);
      expect(await store().findByIdentity(samplePerson("eve").identity)).toBeUndefined();
    });

    test("of one name many times at once adds one", async () => {
      const added = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          store().addPerson(samplePerson("eve", { passwordHash: `$2b$12$${index}` }), PERSON_ADDED),
        ),
      );
      expect(added.filter(Boolean)).toHaveLength(1);
      const [winner] = added.flatMap((isAdded, index) => (isAdded ? [index] : []));
      expect(await store().findCredential("eve", "password")).toMatchObject({ secret: `$2b$12$${winner}` });
    });

    test("and a sign-in that says the same id at once: one of them has it", async () => {
      for (let round = 0; round < 8; round += 1) {
        const id = `race-${round}`;
        const identity = { ...OKTA, subject: id };
        const [added, signedIn] = await Promise.all([
          store().addPerson(samplePerson(id), PERSON_ADDED),
          signIn(newcomer({ identity, personId: id, person: { id }, session: undefined })),
        ]);
        expect([added, signedIn.kind]).toEqual(added ? [true, "id_taken"] : [false, "signed_in"]);
        expect(await store().listIdentities(id)).toHaveLength(1);
      }
    });
  });

  describe("whom a token of another issuer is about", () => {
    const token = { issuer: OKTA.issuer, subject: OKTA.subject, id: "okta:00u1" };

    test("is nobody, who has the id, or before that who is known by the issuer and subject", async () => {
      expect(await store().findByToken(token)).toBeUndefined();
      await store().disablePerson("okta:00u1", NOW, PERSON_DISABLED);
      expect(await store().findByToken(token)).toMatchObject({
        person: { id: "okta:00u1" },
        disabledAt: NOW,
      });
      await signIn(newcomer());
      expect(await store().findByToken(token)).toMatchObject({ person: { id: "p-1" }, disabledAt: null });
      expect(await store().findByToken({ ...token, issuer: "https://other.example" })).toMatchObject({
        person: { id: "okta:00u1" },
      });
    });

    test("where two methods know the account as two people, is disabled if either is", async () => {
      await addSamplePerson(store(), "eve");
      await store().addPerson(samplePerson("p-2", { identity: { ...OKTA, method: "okta" } }), PERSON_ADDED);
      await signIn(newcomer());
      await store().disablePerson("p-1", NOW, PERSON_DISABLED);
      expect(await store().findByToken(token)).toMatchObject({ person: { id: "p-1" }, disabledAt: NOW });
      await store().enablePerson("p-1", PERSON_ENABLED);
      await store().disablePerson("p-2", NOW, PERSON_DISABLED);
      expect(await store().findByToken(token)).toMatchObject({ person: { id: "p-2" }, disabledAt: NOW });
    });
  });
}
