import { describe, expect, test } from "vitest";
import type {
  Credential,
  CredentialUse,
  NewCredentials,
  RemovedCredentials,
} from "../../../src/store/credential.ts";
import type { SignInRecord } from "../../../src/store/people-records.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  addSamplePerson,
  CREDENTIAL_ADDED,
  CREDENTIAL_CHANGED,
  CREDENTIAL_REMOVED,
  DAY,
  INVITED,
  PERSON_ADDED,
  PERSON_DISABLED,
  PERSON_LINKED,
  PERSON_REMOVED,
  SECOND,
  SESSION_ENDED,
  SIGNED_IN,
  SIGNED_OUT,
  START,
  sampleLink,
  samplePerson,
  sampleSession,
  sampleSignIn,
} from "./samples.ts";

const NOW = START + SECOND;
const PASSKEY = { method: "passkeys", issuer: "gatehouse.example", subject: "key-1", label: "Laptop" };
const USERS = samplePerson().identity;

/** Passkeys, one-time codes and recovery codes: they come, count, and go. */
export function credentialContract(store: () => Store): void {
  const credential = (changes: Partial<Credential> = {}): Credential => ({
    personId: "ada",
    kind: "passkey",
    id: "key-1",
    secret: '{"publicKey":"abc"}',
    counter: 5,
    createdAt: NOW,
    usedAt: null,
    ...changes,
  });
  const totp = (changes: Partial<Credential> = {}) =>
    credential({ kind: "totp", id: "", secret: "sealed", counter: 100, ...changes });
  const code = (id: string, changes: Partial<Credential> = {}) =>
    credential({ kind: "recovery_code", id, secret: id, counter: null, ...changes });
  const begin = async (personId = "ada", hash = `session of ${personId}`, now = START) => {
    const { identity, person } = samplePerson(personId);
    const session = sampleSession({ hash });
    await store().signIn(sampleSignIn({ identity, personId, person, session, now }), SIGNED_IN);
  };
  const add = (credentials: readonly Credential[], more: Partial<NewCredentials> = {}) =>
    store().addCredentials(
      { personId: "ada", credentials, session: "session of ada", now: NOW, ...more },
      CREDENTIAL_ADDED,
    );
  const remove = (removed: Partial<RemovedCredentials>) =>
    store().removeCredentials({ personId: "ada", kind: "passkey", now: NOW, ...removed }, CREDENTIAL_REMOVED);
  const ids = async (personId = "ada") =>
    (await store().listCredentials(personId)).map(({ kind, id }) => `${kind} ${id}`.trim());
  const entries = async (event: string) =>
    (await store().auditAfter(0, 100)).filter((record) => record.event === event).length;

  describe("addCredentials", () => {
    test("keeps a passkey with the identity that it proves", async () => {
      await begin();
      expect(await add([credential()], { identity: PASSKEY })).toBe(true);
      expect(await store().findCredential("ada", "passkey", "key-1")).toEqual(credential());
      expect(await store().findByIdentity(PASSKEY)).toMatchObject({ person: { id: "ada" } });
      expect(await store().listIdentities("ada")).toMatchObject([{}, { label: "Laptop", usedAt: null }]);
      expect(await entries("credential.added")).toBe(1);
    });

    test("keeps no more of a kind than may be there, also of many at once", async () => {
      await begin();
      await add([code("a")]);
      const keys = Array.from({ length: 6 }, (_, index) => credential({ id: `key-${index}` }));
      const added = await Promise.all(keys.map((key) => add([key], { most: 3 })));
      expect(added.filter((isAdded) => isAdded)).toHaveLength(3);
      expect(await ids()).toHaveLength(4);
      expect(await entries("credential.added")).toBe(4);
    });

    test("lists them the oldest first, and no hash of a password", async () => {
      await begin();
      const password = { kind: "password", id: "", secret: "$2b$12$x", counter: null } as const;
      await store().saveCredential(credential({ ...password, createdAt: START - 1 }), CREDENTIAL_CHANGED);
      await begin();
      await add([credential({ createdAt: NOW + 1 }), totp(), code("a"), code("b")]);
      expect(await store().listCredentials("ada")).toEqual([
        credential({ ...password, secret: "", createdAt: START - 1 }),
        code("a"),
        code("b"),
        totp(),
        credential({ createdAt: NOW + 1 }),
      ]);
      expect(await store().listCredentials("nobody")).toEqual([]);
      expect(await store().findCredential("ada", "passkey")).toBeUndefined();
    });

    test("lists those of a kind by their people, a page at a time", async () => {
      for (const id of ["grace", "linus"]) await addSamplePerson(store(), id);
      for (const id of ["ada", "grace", "linus"]) {
        await begin(id);
        const theirs = { personId: id };
        await add([totp(theirs), code("a", theirs)], { ...theirs, session: `session of ${id}` });
      }
      const idsAfter = async (after: string, limit: number) =>
        (await store().listCredentialsAfter("totp", after, limit)).map(({ personId }) => personId);
      expect(await idsAfter("", 2)).toEqual(["ada", "grace"]);
      expect(await idsAfter("grace", 2)).toEqual(["linus"]);
      expect(await idsAfter("linus", 2)).toEqual([]);
    });

    test("is all or nothing: where one is there, none is added", async () => {
      await begin();
      await addSamplePerson(store(), "grace");
      await begin("grace");
      await add([credential()], { identity: PASSKEY });
      const again = { ...PASSKEY, label: "Again" };
      const grace = { personId: "grace", session: "session of grace" };
      expect(await add([credential({ id: "key-2" }), credential()])).toBe(false);
      expect(await add([credential({ id: "key-2" })], { identity: again })).toBe(false);
      expect(await add([credential({ personId: "grace" })], { ...grace, identity: again })).toBe(false);
      expect([await ids(), await ids("grace")]).toEqual([["passkey key-1"], []]);
      expect(await store().findByIdentity(PASSKEY)).toMatchObject({ person: { id: "ada" } });
      expect(await entries("credential.added")).toBe(1);
    });

    test("needs a live session of the person", async () => {
      await begin();
      await addSamplePerson(store(), "grace");
      await begin("grace");
      const added = { identity: PASSKEY };
      expect(await add([credential()], { ...added, session: "unknown" })).toBe(false);
      expect(await add([credential()], { ...added, session: "session of grace" })).toBe(false);
      expect(await add([credential()], { ...added, now: START + 365 * DAY })).toBe(false);
      await store().signOutPerson("ada", NOW, SIGNED_OUT);
      expect(await add([credential()], added)).toBe(false);
      expect(await add([credential({ personId: "nobody" })], { ...added, personId: "nobody" })).toBe(false);
      expect(await ids()).toEqual([]);
      expect(await store().findByIdentity(PASSKEY)).toBeUndefined();
      expect(await entries("credential.added")).toBe(0);
    });

    test("of a second factor signs out elsewhere, in the same commit, and its session has passed it", async () => {
      await begin("ada", "elsewhere");
      await begin();
      const signsOut = { secondFactor: "totp" };
      // Nothing where the session is over, or a credential is there.
      expect(await add([totp()], { signsOut, session: "unknown" })).toBe(false);
      expect(await add([totp(), totp()], { signsOut })).toBe(false);
      expect(await store().findPerson("ada")).toMatchObject({ signedOutAt: null });
      expect(await store().listSessions("ada", NOW)).toHaveLength(2);
      expect(await add([totp()], { signsOut })).toBe(true);
      expect(await store().listSessions("ada", NOW)).toMatchObject([
        { hash: "session of ada", secondFactor: "totp", createdAt: NOW + 1 },
      ]);
      expect(await store().findPerson("ada")).toMatchObject({ signedOutAt: NOW });
      const inFlight = { session: sampleSession({ hash: "in flight" }), askedAt: NOW, now: NOW + SECOND };
      expect(await store().signIn(sampleSignIn(inFlight), SIGNED_IN)).toEqual({ kind: "outdated" });
      // What begins the session anew later leaves that as it is.
      await store().endOtherSessions("ada", "session of ada", NOW + SECOND, SESSION_ENDED);
      expect(await store().listSessions("ada", NOW)).toMatchObject([{ secondFactor: "totp" }]);
    });

    test("replaces all of a kind where it is asked to", async () => {
      await begin();
      await add([totp(), code("a"), code("b"), credential()]);
      const [next, kinds] = [totp({ secret: "another", counter: 7 }), ["totp", "recovery_code"] as const];
      expect(await add([next])).toBe(false);
      expect(await add([next, code("c")], { replacing: kinds })).toBe(true);
      expect(await ids()).toEqual(["passkey key-1", "recovery_code c", "totp"]);
      expect(await store().findCredential("ada", "totp")).toEqual(next);
      await add([], { replacing: ["recovery_code"] });
      expect(await ids()).toEqual(["passkey key-1", "totp"]);
    });

    test("adds beside what is there as it was read, and not where that is gone or another", async () => {
      await begin();
      const codes = { replacing: ["recovery_code"], beside: totp() } as const;
      expect(await add([code("a")], codes)).toBe(false);
      await add([totp()]);
      expect(await add([code("a")], codes)).toBe(true);
      expect(await add([code("b")], { ...codes, beside: totp({ createdAt: NOW - 1 }) })).toBe(false);
      await remove({ kind: "totp", also: ["recovery_code"] });
      expect(await add([code("b")], codes)).toBe(false);
      expect(await ids()).toEqual([]);
    });

    test("of two at once for one id, one is there", async () => {
      await begin();
      const added = await Promise.all(["one", "two"].map((secret) => add([totp({ secret }), code(secret)])));
      expect(added.filter(Boolean)).toHaveLength(1);
      expect(await ids()).toHaveLength(2);
    });
  });

  describe("removeCredentials", () => {
    test("takes a passkey and its identity, where the way in to keep is there", async () => {
      await begin();
      await addSamplePerson(store(), "grace");
      await begin("grace");
      await add([credential()], { identity: PASSKEY });
      const passkey = { ids: ["key-1"], identity: PASSKEY, session: "session of ada" };
      const refused: readonly Partial<RemovedCredentials>[] = [
        { ...passkey, keeping: PASSKEY },
        { ...passkey, keeping: { ...USERS, subject: "nobody" } },
        { ...passkey, keeping: samplePerson("grace").identity },
        { ...passkey, keeping: USERS, session: "session of grace" },
        { ...passkey, keeping: USERS, now: START + 365 * DAY },
        { ...passkey, keeping: USERS, ids: ["key-1", "key-2"] },
        { ...passkey, keeping: USERS, ids: ["KEY-1"] },
        { ...passkey, keeping: USERS, identity: { ...PASSKEY, subject: "key-2" } },
        {
          ...passkey,
          personId: "grace",
          session: "session of grace",
          keeping: samplePerson("grace").identity,
        },
        { kind: "totp" },
      ];
      for (const one of refused) expect(await remove(one)).toBe(false);
      expect(await ids()).toEqual(["passkey key-1"]);
      expect(await store().findByIdentity(PASSKEY)).toBeDefined();
      expect(await entries("credential.removed")).toBe(0);
      expect(await remove({ ...passkey, keeping: USERS })).toBe(true);
      expect(await ids()).toEqual([]);
      expect(await store().findByIdentity(PASSKEY)).toBeUndefined();
      expect(await entries("credential.removed")).toBe(1);
    });

    test("takes all of a kind, and what goes with it, without a session where the operator asks", async () => {
      await begin();
      await add([totp(), code("a"), code("b"), credential()]);
      expect(await remove({ kind: "totp", also: ["recovery_code"] })).toBe(true);
      expect(await ids()).toEqual(["passkey key-1"]);
      expect(await remove({ kind: "totp", also: ["passkey"] })).toBe(false);
      expect(await ids()).toEqual(["passkey key-1"]);
    });

    test("of two passkeys that are each removed while the other one is kept leaves one", async () => {
      await begin();
      const other = { ...PASSKEY, subject: "key-2" };
      await add([credential()], { identity: PASSKEY });
      await add([credential({ id: "key-2" })], { identity: other });
      const removed = await Promise.all([
        remove({ ids: ["key-1"], identity: PASSKEY, keeping: other }),
        remove({ ids: ["key-2"], identity: other, keeping: PASSKEY }),
      ]);
      expect(removed.filter(Boolean)).toHaveLength(1);
      expect(await ids()).toHaveLength(1);
    });
  });

  describe("signIn with a credential", () => {
    const later = NOW + SECOND;
    const signIn = (changes: Partial<SignInRecord>) =>
      store().signIn(sampleSignIn({ now: later, askedAt: later, session: undefined, ...changes }), SIGNED_IN);
    const uses = async (use: CredentialUse) => (await signIn({ uses: use })).kind;
    const sign = (counter: number, id = "key-1") =>
      uses({ kind: "passkey", id, counter, secret: `{"at":${counter}}` });
    const step = (counter: number) => uses({ kind: "totp", id: "", counter });
    const signIns = () => entries("sign_in.ok");

    test("counts a passkey's signature once, and keeps what it says", async () => {
      await begin();
      await add([credential()]);
      expect(await sign(6)).toBe("signed_in");
      expect(await store().findCredential("ada", "passkey", "key-1")).toEqual(
        credential({ counter: 6, secret: '{"at":6}', usedAt: later }),
      );
      const before = await signIns();
      for (const counter of [6, 5, 0]) expect(await sign(counter)).toBe("used");
      expect(await sign(7, "key-2")).toBe("used");
      expect(await store().findCredential("ada", "passkey", "key-1")).toMatchObject({ counter: 6 });
      expect(await signIns()).toBe(before);
    });

    test("lets a passkey that does not count say 0 each time", async () => {
      await begin();
      await add([credential({ counter: 0 })]);
      for (const counter of [0, 0, 3]) expect(await sign(counter)).toBe("signed_in");
      expect(await sign(0)).toBe("used");
    });

    test("takes each step of a one-time code once, of many at once too", async () => {
      await begin();
      await add([totp()]);
      for (const counter of [99, 100]) expect(await step(counter)).toBe("used");
      const kinds = await Promise.all(Array.from({ length: 6 }, () => step(101)));
      expect(kinds.filter((kind) => kind === "signed_in")).toHaveLength(1);
      expect(kinds.filter((kind) => kind === "used")).toHaveLength(5);
      expect(await store().findCredential("ada", "totp")).toMatchObject({ counter: 101, usedAt: later });
    });

    test("uses up a recovery code", async () => {
      await begin();
      await add([totp(), code("a"), code("b")]);
      const spend = () => uses({ kind: "recovery_code", id: "a" });
      const kinds = await Promise.all([spend(), spend(), spend()]);
      expect([...kinds].sort()).toEqual(["signed_in", "used", "used"]);
      expect(await ids()).toEqual(["recovery_code b", "totp"]);
    });

    test("uses no credential of another person", async () => {
      await addSamplePerson(store(), "grace");
      await begin("grace");
      const theirs = [totp({ personId: "grace" }), code("a", { personId: "grace" })];
      await add(theirs, { personId: "grace", session: "session of grace" });
      expect(await step(101)).toBe("used");
      expect(await uses({ kind: "recovery_code", id: "a" })).toBe("used");
      expect(await store().listCredentials("grace")).toEqual([theirs[1], theirs[0]]);
    });

    test("writes nothing where the sign-in is refused for another reason", async () => {
      await begin();
      await add([totp(), code("a")]);
      await store().signOutPerson("ada", later, SIGNED_OUT);
      expect(await step(101)).toBe("outdated");
      expect(await uses({ kind: "recovery_code", id: "a" })).toBe("outdated");
      await store().disablePerson("ada", later, PERSON_DISABLED);
      expect(await step(101)).toBe("disabled");
      expect(await store().listCredentials("ada")).toEqual([code("a"), totp()]);
    });

    test("adds what is set up with it, once, and its entry", async () => {
      const adds = [totp(), code("a")];
      const both = await Promise.all(
        [1, 2].map(() =>
          store().signIn(sampleSignIn({ adds, session: undefined }), SIGNED_IN, CREDENTIAL_ADDED),
        ),
      );
      expect(both.map(({ kind }) => kind).sort()).toEqual(["outdated", "signed_in"]);
      expect(await store().listCredentials("ada")).toEqual([code("a"), totp()]);
      expect([await signIns(), await entries("credential.added")]).toEqual([1, 1]);
      const later = sampleSignIn({ adds, session: undefined, now: START + SECOND });
      expect(await store().signIn(later, SIGNED_IN)).toEqual({ kind: "used" });
    });

    test("completes one with a proof that waited, and nothing is written for another", async () => {
      await addSamplePerson(store());
      const once = { of: "pending proof", id: "p-1", endsAt: START + DAY };
      const both = ["one", "other"].map((hash) => signIn({ once, session: sampleSession({ hash }) }));
      expect((await Promise.all(both)).map(({ kind }) => kind).sort()).toEqual(["signed_in", "spent"]);
      expect(await store().listSessions("ada", NOW)).toHaveLength(1);
      expect(await signIns()).toBe(1);
      expect(await signIn({ once: { ...once, id: "p-2" }, session: undefined })).toMatchObject({
        kind: "signed_in",
      });
      // What was refused for another reason has not used it up.
      const uses = { kind: "recovery_code", id: "none" } as const;
      const third = { ...once, id: "p-3" };
      expect(await signIn({ once: third, uses, session: undefined })).toEqual({ kind: "used" });
      expect(await signIn({ once: third, session: undefined })).toMatchObject({ kind: "signed_in" });
    });

    test("ends the other sessions of the person with it, and what was asked for before", async () => {
      await begin("ada", "elsewhere");
      const session = sampleSession({ hash: "new", secondFactor: "totp" });
      const outcome = await signIn({ adds: [totp()], session, askedAt: START, now: NOW });
      expect(outcome).toMatchObject({ kind: "signed_in", begunAt: NOW + 1 });
      expect(await store().listSessions("ada", NOW)).toMatchObject([
        { hash: "new", secondFactor: "totp", createdAt: NOW + 1 },
      ]);
      expect(await store().findPerson("ada")).toMatchObject({ signedOutAt: NOW });
      expect(await signIn({ session: sampleSession(), askedAt: NOW, now: NOW + 1 })).toEqual({
        kind: "outdated",
      });
    });

    test("adds it for a person who is new, too", async () => {
      const adds = [totp({ personId: "p-1" })];
      const identity = { method: "oidc", issuer: "https://okta.example", subject: "1" };
      const isNew = { identity, personId: "p-1", isNew: true, person: { id: "p-1" } };
      expect(await signIn({ ...isNew, adds })).toMatchObject({ kind: "signed_in" });
      expect(await ids("p-1")).toEqual(["totp"]);
    });
  });

  describe("an invitation that is answered with a passkey", () => {
    const { personId: _ada, ...own } = credential();
    const passkey = (id = "key-1") => ({
      identity: { ...PASSKEY, subject: id },
      credential: { ...own, id },
    });
    const invite = (hash: string, personId: string | null) =>
      store().addLink(sampleLink({ hash, purpose: "invitation", personId }), INVITED);
    const use = (hash: string, id?: string, personId = "ada") =>
      store().usePasskeyLink({ hash, personId, passkey: passkey(id), now: NOW }, CREDENTIAL_ADDED);

    test("gives its person the passkey once, and signs them out", async () => {
      await begin();
      await invite("link", "ada");
      const used = await Promise.all(["key-1", "key-2", "key-3"].map((id) => use("link", id)));
      expect(used.filter(Boolean)).toHaveLength(1);
      expect(await ids()).toHaveLength(1);
      expect(await store().listIdentities("ada")).toHaveLength(2);
      expect(await store().listSessions("ada", NOW)).toEqual([]);
      expect(await store().findPerson("ada")).toMatchObject({ signedOutAt: NOW });
      expect(await entries("credential.added")).toBe(1);
    });

    test("changes nothing where the link is for something or somebody else, or the passkey is there", async () => {
      await addSamplePerson(store(), "grace");
      await begin("grace");
      const theirs = { personId: "grace", session: "session of grace", identity: PASSKEY };
      await add([credential({ personId: "grace" })], theirs);
      await store().addLink(sampleLink({ hash: "password" }), INVITED);
      await invite("open", null);
      await invite("hers", "grace");
      await invite("link", "ada");
      for (const hash of ["password", "open", "hers", "nothing"])
        expect(await use(hash, "key-2")).toBe(false);
      expect(await use("link")).toBe(false);
      expect(await ids()).toEqual([]);
      expect(await store().findByIdentity(PASSKEY)).toMatchObject({ person: { id: "grace" } });
      expect(await store().findLink("link", NOW)).toBeDefined();
      expect(await store().findPerson("ada")).toMatchObject({ signedOutAt: null });
    });

    test("adds a person with it, or no one", async () => {
      const eve = { ...samplePerson("eve", { now: NOW }), passkey: passkey() };
      for (const hash of ["one", "two"]) await invite(hash, null);
      expect(await store().useInvitation({ hash: "one", person: eve }, PERSON_ADDED)).toBe(true);
      expect(await store().findCredential("eve", "passkey", "key-1")).toEqual(
        credential({ personId: "eve" }),
      );
      expect(await store().findByIdentity(PASSKEY)).toMatchObject({ person: { id: "eve" } });
      expect(await store().findCredential("eve", "password")).toBeUndefined();
      const bob = { ...samplePerson("bob", { now: NOW }), passkey: passkey() };
      expect(await store().useInvitation({ hash: "two", person: bob }, PERSON_ADDED)).toBe(false);
      expect(await store().findPerson("bob")).toBeUndefined();
      expect(await store().findLink("two", NOW)).toBeDefined();
    });
  });

  test("passkeys are counted by the host for which they were made", async () => {
    expect(await store().countPasskeys()).toEqual([]);
    await begin();
    for (const [issuer, subject] of [
      ["b.example", "1"],
      ["a.example", "2"],
      ["b.example", "3"],
    ] as const) {
      await add([credential({ id: subject })], { identity: { ...PASSKEY, issuer, subject } });
    }
    expect(await store().countPasskeys()).toEqual([
      { host: "a.example", count: 1 },
      { host: "b.example", count: 2 },
    ]);
  });

  describe("with their person", () => {
    const arrange = async () => {
      await addSamplePerson(store(), "grace");
      for (const id of ["ada", "grace"]) await begin(id);
      const theirs = { personId: "grace", session: "session of grace" };
      const of = [credential({ personId: "grace" }), totp({ personId: "grace", secret: "of grace" })];
      await add([...of, code("of grace", { personId: "grace" })], { ...theirs, identity: PASSKEY });
    };
    const link = () => store().linkPeople({ survivor: "ada", gone: "grace" }, NOW, PERSON_LINKED);

    test("go where the person is removed", async () => {
      await arrange();
      await store().removePerson("grace", NOW, PERSON_REMOVED);
      expect(await ids("grace")).toEqual([]);
      expect(await store().findByIdentity(PASSKEY)).toBeUndefined();
    });

    test("move where two are made one", async () => {
      await arrange();
      await link();
      expect(await ids()).toEqual(["passkey key-1", "recovery_code of grace", "totp"]);
      expect(await store().findByIdentity(PASSKEY)).toMatchObject({ person: { id: "ada" } });
    });

    test("but of two who have one-time codes each, the survivor's stay, with their recovery codes", async () => {
      await arrange();
      await add([totp(), code("of ada")]);
      await link();
      expect(await store().listCredentials("ada")).toEqual([credential(), code("of ada"), totp()]);
    });
  });
}
