import { describe, expect, test } from "vitest";
import type { AuditEntry, AuditedEvent } from "../../../src/core/events.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  APPROVED,
  addSamplePerson,
  approveSample,
  CLIENT_GRANTED,
  CREDENTIAL_ADDED,
  CREDENTIAL_CHANGED,
  CREDENTIAL_REMOVED,
  DAY,
  IDENTITY_LINKED,
  INVITED,
  PERSON_ADDED,
  PERSON_DISABLED,
  PERSON_ENABLED,
  PERSON_LINKED,
  PERSON_REMOVED,
  REDEEMED,
  REVOKED,
  SECOND,
  SIGNED_IN,
  SIGNED_OUT,
  START,
  sampleApproval,
  sampleEntry,
  sampleLink,
  samplePerson,
  sampleSession,
  sampleSignIn,
} from "./samples.ts";

const NOW = START + SECOND;
/** When passwords were set: that signs a person out. */
const BEFORE = START - SECOND;
const OKTA = { method: "oidc", issuer: "https://okta.example", subject: "00u1" };

/** What ends a person, or makes two people one; and that nothing goes on behind it. */
export function endedPeopleContract(store: () => Store): void {
  const entries = async (event: string) =>
    (await store().auditAfter(0, 5000)).filter((record) => record.event === event).length;
  const reasons = async (personId = "ada") =>
    Object.fromEntries(
      (await store().listGrants({ personId })).map((grant) => [grant.id, grant.revokedReason]),
    );
  const begin = async (id: string, hash: string, now = START) => {
    const { identity, person } = samplePerson(id);
    const session = sampleSession({ hash });
    await store().signIn(sampleSignIn({ identity, personId: id, person, session, now }), SIGNED_IN);
  };
  const unwritable = <Name extends AuditedEvent>(from: AuditEntry<Name>): AuditEntry<Name> => ({
    ...from,
    at: null as unknown as number,
  });
  /** Ada with two grants, a session, a password and a link; and Grace, who keeps hers. */
  const arrange = async () => {
    await addSamplePerson(store(), "grace");
    for (const id of ["ada", "grace"]) {
      const password = {
        personId: id,
        kind: "password",
        id: "",
        counter: null,
        secret: `$2b$12$${id}`,
      } as const;
      await store().saveCredential({ ...password, createdAt: BEFORE, usedAt: null }, CREDENTIAL_CHANGED);
      await begin(id, `session of ${id}`);
      await store().approve(sampleApproval({ id: `grant of ${id}`, person: { id } }), APPROVED);
      await store().addLink(sampleLink({ hash: `link of ${id}`, personId: id }), INVITED);
    }
    await store().approve(sampleApproval({ id: "revoked" }), APPROVED);
    await store().revokeGrant("revoked", "refresh_reuse", START, REVOKED);
  };
  const expectGraceUntouched = async () => {
    expect(await store().findPerson("grace")).toMatchObject({ disabledAt: null, signedOutAt: BEFORE });
    expect(await reasons("grace")).toEqual({ "grant of grace": null });
    expect(await store().findSession("session of grace", NOW)).toBeDefined();
    expect(await store().findCredential("grace", "password")).toBeDefined();
    expect(await store().findLink("link of grace", NOW)).toBeDefined();
  };

  describe("approve", () => {
    test("counts for a person who is there and not disabled", async () => {
      expect(await store().approve(sampleApproval({ person: { id: "nobody" } }), APPROVED)).toBeUndefined();
      await store().disablePerson("ada", START, PERSON_DISABLED);
      expect(await store().approve(sampleApproval(), APPROVED)).toBeUndefined();
      expect(await store().listGrants({})).toEqual([]);
      expect(await entries("consent.approved")).toBe(0);
      await store().enablePerson("ada", PERSON_ENABLED);
      // What they signed in for before they were disabled does not count.
      expect(await store().approve(sampleApproval({ signedInAt: START }), APPROVED)).toBeUndefined();
      expect(await approveSample(store(), { signedInAt: START + 1 })).toMatchObject({ id: "grant-1" });
    });

    test("counts where the person signed in after they were signed out", async () => {
      await store().signOutPerson("ada", NOW, SIGNED_OUT);
      for (const signedInAt of [NOW - 1, NOW]) {
        expect(await store().approve(sampleApproval({ signedInAt }), APPROVED)).toBeUndefined();
      }
      expect(await store().findGrant("grant-1")).toBeUndefined();
      expect(await approveSample(store(), { signedInAt: NOW + 1 })).toMatchObject({ id: "grant-1" });
    });

    test("again, after the person was disabled, returns the grant as it ended", async () => {
      await approveSample(store());
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      const later = sampleApproval({ codeExpiresAt: START + 90 * SECOND });
      expect(await store().approve(later, APPROVED)).toMatchObject({
        revokedReason: "person_disabled",
        codeExpiresAt: START + 60 * SECOND,
      });
    });

    test("is not asked for a program, which has no row", async () => {
      const own = sampleApproval({ id: "own", person: { id: "reports" }, redirectUri: "" });
      expect(await store().grantToProgram(own, CLIENT_GRANTED)).toMatchObject({ id: "own", generation: 0 });
      expect(await entries("client.granted")).toBe(1);
    });
  });

  describe("disablePerson", () => {
    test("ends sessions, links and grants, and keeps what proves the person", async () => {
      await arrange();
      expect(await store().disablePerson("ada", NOW, PERSON_DISABLED)).toBe(true);
      expect(await store().findPerson("ada")).toMatchObject({ disabledAt: NOW });
      expect(await reasons()).toEqual({ "grant of ada": "person_disabled", revoked: "refresh_reuse" });
      expect(await store().listSessions("ada", NOW)).toEqual([]);
      expect(await store().findLink("link of ada", NOW)).toBeUndefined();
      expect(await store().findCredential("ada", "password")).toBeDefined();
      expect(await store().listIdentities("ada")).toHaveLength(1);
      await expectGraceUntouched();
    });

    test("makes a code and a refresh token worthless", async () => {
      for (const id of ["code", "refresh"]) await store().approve(sampleApproval({ id }), APPROVED);
      await store().redeemCode("refresh", START + DAY, NOW, REDEEMED);
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      expect(await store().redeemCode("code", START + DAY, NOW, REDEEMED)).toBeUndefined();
      const rotation = { id: "refresh", clientId: "client-1", presented: 1, now: NOW };
      expect(await store().rotateRefresh({ ...rotation, refreshExpiresAt: START + DAY })).toBeUndefined();
    });

    test("is done once, of many at once too, with one entry", async () => {
      const done = await Promise.all([1, 2, 3].map(() => store().disablePerson("ada", NOW, PERSON_DISABLED)));
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await store().disablePerson("ada", NOW + 1, PERSON_DISABLED)).toBe(false);
      expect(await store().findPerson("ada")).toMatchObject({ disabledAt: NOW });
      expect(await entries("person.disabled")).toBe(1);
    });

    test("also takes an id that nobody has signed in with yet", async () => {
      expect(await store().disablePerson("okta:00u1", NOW, PERSON_DISABLED)).toBe(true);
      expect(await store().findPerson("okta:00u1")).toEqual({
        person: { id: "okta:00u1" },
        emails: [],
        groups: [],
        disabledAt: NOW,
        signedOutAt: NOW,
        createdAt: NOW,
        signedInAt: null,
        isSaidByOperator: false,
      });
    });

    test("of one with more grants than one commit ends: each commit has its own entry", async () => {
      for (let made = 0; made < 2001; made += 300) {
        const ids = Array.from({ length: Math.min(300, 2001 - made) }, (_, i) => `grant-${made + i}`);
        await Promise.all(ids.map((id) => store().approve(sampleApproval({ id }), APPROVED)));
      }
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      expect(await store().listGrants({ personId: "ada", liveAt: NOW })).toEqual([]);
      expect([await entries("grant.revoked"), await entries("person.disabled")]).toEqual([1, 1]);
    });

    test("enablePerson lets them in again; what has ended stays ended", async () => {
      await arrange();
      expect(await store().enablePerson("ada", PERSON_ENABLED)).toBe(false);
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      const enabled = [1, 2].map(() => store().enablePerson("ada", PERSON_ENABLED));
      expect((await Promise.all(enabled)).filter(Boolean)).toHaveLength(1);
      expect(await store().enablePerson("nobody", PERSON_ENABLED)).toBe(false);
      expect(await store().findPerson("ada")).toMatchObject({ disabledAt: null });
      expect(await store().listGrants({ personId: "ada", liveAt: NOW })).toEqual([]);
      expect(await entries("person.enabled")).toBe(1);
    });
  });

  describe("signOutPerson", () => {
    test("ends sessions and grants, says when, and lets the person sign in again", async () => {
      await arrange();
      expect(await store().signOutPerson("ada", NOW, SIGNED_OUT)).toBe(true);
      expect(await store().findPerson("ada")).toMatchObject({ disabledAt: null, signedOutAt: NOW });
      expect(await reasons()).toEqual({ "grant of ada": "person_signed_out", revoked: "refresh_reuse" });
      expect(await store().listSessions("ada", NOW)).toEqual([]);
      expect(await store().findCredential("ada", "password")).toBeDefined();
      await expectGraceUntouched();
      await begin("ada", "next", NOW + 1);
      expect(await store().findSession("next", NOW + 1)).toBeDefined();
      expect(await entries("person.signed_out")).toBe(1);
    });

    test("of nobody is false, and changes nothing", async () => {
      expect(await store().signOutPerson("nobody", NOW, SIGNED_OUT)).toBe(false);
      expect(await store().findPerson("nobody")).toBeUndefined();
      expect(await entries("person.signed_out")).toBe(0);
    });
  });

  describe("removePerson", () => {
    test("deletes all that is theirs, and of a grant leaves no more of them than the id", async () => {
      await arrange();
      await store().addIdentity({ ...OKTA, personId: "ada", label: "ada", now: NOW }, IDENTITY_LINKED);
      expect(await store().removePerson("ada", NOW, PERSON_REMOVED)).toBe(true);
      expect(await store().findPerson("ada")).toBeUndefined();
      expect(await store().listIdentities("ada")).toEqual([]);
      expect(await store().findByIdentity(OKTA)).toBeUndefined();
      expect(await store().findCredential("ada", "password")).toBeUndefined();
      expect(await store().findSession("session of ada", NOW)).toBeUndefined();
      expect(await store().findLink("link of ada", NOW)).toBeUndefined();
      expect(await reasons()).toEqual({ "grant of ada": "person_removed", revoked: "refresh_reuse" });
      for (const grant of await store().listGrants({ personId: "ada" }))
        expect(grant.person).toEqual({ id: "ada" });
      await expectGraceUntouched();
    });

    test("leaves the audit log, and is in it", async () => {
      await arrange();
      const before = await store().auditAfter(0, 100);
      await store().removePerson("ada", NOW, PERSON_REMOVED);
      expect((await store().auditAfter(0, 100)).slice(0, before.length)).toEqual(before);
      expect(await entries("person.removed")).toBe(1);
    });

    test("is done once, and of nobody is false", async () => {
      const done = await Promise.all([1, 2, 3].map(() => store().removePerson("ada", NOW, PERSON_REMOVED)));
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await store().removePerson("nobody", NOW, PERSON_REMOVED)).toBe(false);
      expect(await entries("person.removed")).toBe(1);
    });

    test("does not keep the person out: the id can be added again", async () => {
      await store().removePerson("ada", NOW, PERSON_REMOVED);
      expect(await store().addPerson(samplePerson(), PERSON_ADDED)).toBe(true);
    });
  });

  test("revokePersonsGrants ends what is live, and nothing else of the person", async () => {
    await arrange();
    await store().revokePersonsGrants("ada", "person_inactive", NOW, REVOKED);
    expect(await reasons()).toEqual({ "grant of ada": "person_inactive", revoked: "refresh_reuse" });
    expect(await store().findSession("session of ada", NOW)).toBeDefined();
    const revocations = await entries("grant.revoked");
    await store().revokePersonsGrants("ada", "person_inactive", NOW, REVOKED);
    expect(await entries("grant.revoked")).toBe(revocations);
    await expectGraceUntouched();
  });

  describe("linkPeople", () => {
    const link = (survivor = "ada", gone = "grace") =>
      store().linkPeople({ survivor, gone }, NOW, PERSON_LINKED);

    test("gives the survivor what the other had", async () => {
      await arrange();
      await store().addIdentity({ ...OKTA, personId: "grace", label: "grace", now: NOW }, IDENTITY_LINKED);
      expect(await link()).toBe(true);
      expect(await store().findPerson("grace")).toBeUndefined();
      expect(await store().findByIdentity(OKTA)).toMatchObject({ person: { id: "ada" } });
      expect(await store().listIdentities("ada")).toHaveLength(3);
      expect((await store().listSessions("ada", NOW)).map(({ hash }) => hash).sort()).toEqual([
        "session of ada",
        "session of grace",
      ]);
      expect(await store().listGrants({ personId: "grace" })).toEqual([]);
      const { person } = (await store().findPerson("ada")) ?? {};
      expect(await store().findGrant("grant of grace")).toMatchObject({ person, revokedAt: null });
      // Whose link it was, it would set the password of another by now.
      expect(await store().findLink("link of grace", NOW)).toBeUndefined();
      expect(await store().findLink("link of ada", NOW)).toBeDefined();
      expect(await entries("person.linked")).toBe(1);
    });

    test.each([
      ["the survivor", "ada", "okta"],
      ["the other one", "okta", "ada"],
    ])(
      "keeps the survivor as they are for good, where the operator added %s",
      async (_which, survivor, gone) => {
        const person = { id: "okta", name: "Of Okta" };
        const provider = { identity: OKTA, label: "okta", person, emails: [], groups: ["of okta"] };
        const first = { ...provider, personId: "okta", isNew: true, session: undefined };
        await store().signIn(sampleSignIn(first), SIGNED_IN);
        const before = await store().findPerson(survivor);
        await link(survivor, gone);
        expect(await store().findPerson(survivor)).toMatchObject({ ...before, isSaidByOperator: true });
        const later = { ...first, personId: survivor, isNew: false, emails: ["x@okta.example"], now: NOW };
        await store().signIn(sampleSignIn({ ...later, person: { id: survivor }, groups: [] }), SIGNED_IN);
        const { person: kept, emails, groups } = before ?? {};
        expect(await store().findPerson(survivor)).toMatchObject({ person: kept, emails, groups });
      },
    );

    test("leaves the survivor's password where both have one, and else moves it", async () => {
      await arrange();
      await addSamplePerson(store(), "eve");
      await link("ada", "grace");
      expect(await store().findCredential("ada", "password")).toMatchObject({ secret: "$2b$12$ada" });
      await link("eve", "ada");
      expect(await store().findCredential("eve", "password")).toMatchObject({ secret: "$2b$12$ada" });
      for (const id of ["ada", "grace"]) expect(await store().findCredential(id, "password")).toBeUndefined();
    });

    test.each(["ada", "grace"])("where %s is disabled, nothing of either goes on", async (disabled) => {
      await arrange();
      await store().disablePerson(disabled, START, PERSON_DISABLED);
      await link();
      expect(await store().findPerson("ada")).toMatchObject({ disabledAt: START });
      expect(await store().listSessions("ada", NOW)).toEqual([]);
      expect(await store().listGrants({ personId: "ada", liveAt: NOW })).toEqual([]);
      await store().enablePerson("ada", PERSON_ENABLED);
      expect(await store().listSessions("ada", NOW)).toEqual([]);
      expect(await store().findLink("link of ada", NOW)).toBeUndefined();
    });

    test.each([
      ["ada", "nobody"],
      ["nobody", "ada"],
      ["ada", "ada"],
    ])("of %s and %s is false, and changes nothing", async (survivor, gone) => {
      await arrange();
      const before = await store().listPeople({ now: NOW, limit: 10 });
      expect(await link(survivor, gone)).toBe(false);
      expect(await store().listPeople({ now: NOW, limit: 10 })).toEqual(before);
      expect(await reasons()).toEqual({ "grant of ada": null, revoked: "refresh_reuse" });
      expect(await entries("person.linked")).toBe(0);
    });

    test("both ways at once is done one way", async () => {
      await arrange();
      const done = await Promise.all([link("ada", "grace"), link("grace", "ada")]);
      expect(done.filter(Boolean)).toHaveLength(1);
      const [left, ...others] = await store().listPeople({ now: NOW, limit: 10 });
      expect(others).toEqual([]);
      expect(left).toMatchObject({ liveGrants: 2, sessions: 2 });
    });

    test("leaves the grant of a program with the same id its own", async () => {
      await addSamplePerson(store(), "grace");
      const own = sampleApproval({ id: "own", person: { id: "grace" }, redirectUri: "" });
      await store().grantToProgram(own, CLIENT_GRANTED);
      await link();
      expect(await store().findGrant("own")).toMatchObject({ person: { id: "grace" }, revokedAt: null });
    });
  });

  test("where the entry cannot be written, the change is not made", async () => {
    await arrange();
    await store().addIdentity({ ...OKTA, personId: "ada", label: "ada", now: NOW }, IDENTITY_LINKED);
    await store().disablePerson("disabled", START, PERSON_DISABLED);
    const everything = async () => ({
      people: await store().listPeople({ now: NOW, limit: 10 }),
      identities: await store().listIdentities("ada"),
      sessions: await store().listSessions("ada", NOW),
      grants: await store().listGrants({}),
      password: await store().findCredential("ada", "password"),
      links: await Promise.all(["link of ada", "new"].map((hash) => store().findLink(hash, NOW))),
      written: await store().auditAfter(0, 100),
    });
    const before = await everything();
    const credential = {
      personId: "ada",
      kind: "password",
      id: "",
      counter: null,
      secret: "new",
      createdAt: NOW,
    } as const;
    const codes = { ...credential, kind: "totp", counter: 1 } as const;
    const ended = sampleEntry("session.ended");
    const attempts = [
      () => store().disablePerson("ada", NOW, unwritable(PERSON_DISABLED)),
      () => store().enablePerson("disabled", unwritable(PERSON_ENABLED)),
      () => store().signOutPerson("ada", NOW, unwritable(SIGNED_OUT)),
      () => store().removePerson("ada", NOW, unwritable(PERSON_REMOVED)),
      () => store().linkPeople({ survivor: "ada", gone: "grace" }, NOW, unwritable(PERSON_LINKED)),
      () => store().addPerson(samplePerson("eve"), unwritable(PERSON_ADDED)),
      () =>
        store().addIdentity(
          { ...OKTA, subject: "2", personId: "ada", label: "", now: NOW },
          unwritable(IDENTITY_LINKED),
        ),
      () =>
        store().removeIdentity(
          "ada",
          OKTA,
          samplePerson().identity,
          unwritable(sampleEntry("identity.unlinked")),
        ),
      () => store().saveCredential({ ...credential, usedAt: null }, unwritable(CREDENTIAL_CHANGED)),
      () =>
        store().changePassword(
          { credential: { ...credential, usedAt: null }, session: "session of ada", now: NOW },
          unwritable(CREDENTIAL_CHANGED),
        ),
      () =>
        store().addCredentials(
          { personId: "ada", credentials: [{ ...codes, usedAt: null }], session: "session of ada", now: NOW },
          unwritable(CREDENTIAL_ADDED),
        ),
      () =>
        store().removeCredentials(
          { personId: "ada", kind: "password", now: NOW },
          unwritable(CREDENTIAL_REMOVED),
        ),
      () => store().addLink(sampleLink({ hash: "new" }), unwritable(INVITED)),
      () =>
        store().usePasswordLink(
          { hash: "link of ada", credential: { ...credential, usedAt: null }, now: NOW },
          unwritable(CREDENTIAL_CHANGED),
        ),
      () => store().endSession("ada", "session of ada", unwritable(ended)),
      () => store().revokePersonsGrants("ada", "operator", NOW, unwritable(REVOKED)),
    ];
    for (const attempt of attempts) await expect(attempt(), String(attempt)).rejects.toThrow();
    expect(await everything()).toEqual(before);
  });
}
