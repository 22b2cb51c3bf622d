import { describe, expect, test } from "vitest";
import type { Identity } from "../../../src/core/identity.ts";
import type { PeopleFilter } from "../../../src/store/people-records.ts";
import type { Store } from "../../../src/store/store.ts";
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
const OKTA = { method: "oidc", issuer: "https://okta.example", subject: "00U1" };
/** Set before the sessions that tests begin: a new password ends them. */
const PASSWORD = {
  personId: "ada",
  kind: "password",
  id: "",
  counter: null,
  createdAt: START - SECOND,
  usedAt: null,
} as const;

/** Who there is, and how they prove it. */
export function peopleContract(store: () => Store): void {
  const entries = async (event: string) =>
    (await store().auditAfter(0, 100)).filter((record) => record.event === event).length;
  const password = async (id = "ada") => (await store().findCredential(id, "password"))?.secret;

  describe("listPeople", () => {
    const ids = async (filter: Partial<PeopleFilter> = {}): Promise<readonly string[]> =>
      (await store().listPeople({ now: NOW, limit: 100, ...filter })).map(({ person }) => person.id);

    test("says how each signs in, and what of theirs is live", async () => {
      await store().addIdentity({ ...OKTA, personId: "ada", label: "ada", now: NOW }, IDENTITY_LINKED);
      await store().addIdentity(
        { ...OKTA, subject: "00U2", personId: "ada", label: "ada", now: NOW },
        IDENTITY_LINKED,
      );
      await store().signIn(sampleSignIn(), SIGNED_IN);
      const over = sampleSession({ hash: "over", expiresAt: NOW });
      await store().signIn(sampleSignIn({ session: over }), SIGNED_IN);
      for (const id of ["a", "b"]) await store().approve(sampleApproval({ id }), APPROVED);
      await store().approve(sampleApproval({ id: "over", codeExpiresAt: NOW }), APPROVED);
      expect(await store().listPeople({ now: NOW, limit: 10 })).toEqual([
        {
          ...(await store().findPerson("ada")),
          methods: ["oidc", "users"],
          liveGrants: 2,
          sessions: 1,
        },
      ]);
    });

    test("of one whom nothing proves says so", async () => {
      await store().disablePerson("okta:1", NOW, PERSON_DISABLED);
      expect(await store().listPeople({ now: NOW, limit: 1 })).toEqual([
        {
          person: { id: "okta:1" },
          emails: [],
          groups: [],
          disabledAt: NOW,
          signedOutAt: NOW,
          createdAt: NOW,
          signedInAt: null,
          isSaidByOperator: false,
          methods: [],
          liveGrants: 0,
          sessions: 0,
        },
      ]);
    });

    test("is by when they came, newest first, no more than asked, disabled or not", async () => {
      await store().addPerson(samplePerson("late", { now: START + 9 }), PERSON_ADDED);
      await store().addPerson(samplePerson("early", { now: START - 9 }), PERSON_ADDED);
      expect(await ids()).toEqual(["late", "ada", "early"]);
      expect(await ids({ limit: 2 })).toEqual(["late", "ada"]);
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      expect(await ids({ disabled: true })).toEqual(["ada"]);
      expect(await ids({ disabled: false })).toEqual(["late", "early"]);
    });

    test.each([
      ["the id", "RAC", "grace"],
      ["the name", "hopper", "grace"],
      ["a name beyond ASCII", "élodie", "p-7"],
      ["the address that tools get", "elodie@MAIL", "p-7"],
      ["a verified address", "@navy.example", "grace"],
      ["a subject", "00u1", "grace"],
      ["a label", "rear-admiral", "grace"],
      ["a percent sign", "100%", "p-7"],
      ["an underscore", "a_b", "p-7"],
      ["what escapes them", "x!y", "p-7"],
      ["a backslash", "c\\d", "p-7"],
    ])("finds by part of %s, in whatever case", async (_what, matching, found) => {
      const grace = samplePerson("grace", {
        person: { id: "grace", name: "Grace Hopper" },
        emails: ["g@mail.example", "grace@Navy.example"],
      });
      const odd = samplePerson("p-7", {
        person: { id: "p-7", name: "Élodie 100% a_b x!y c\\d", email: "Elodie@mail.example" },
        emails: [],
      });
      // What a pattern would find beside: 100 and something, a and any character and b.
      const near = samplePerson("near", { person: { id: "near", name: "1000 axb x y c d" }, emails: [] });
      for (const person of [grace, odd, near]) await store().addPerson(person, PERSON_ADDED);
      await store().addIdentity(
        { ...OKTA, personId: "grace", label: "Rear-Admiral", now: NOW },
        IDENTITY_LINKED,
      );
      expect(await ids({ matching })).toEqual([found]);
    });

    test("finds nobody by what nobody has, and everyone by nothing", async () => {
      for (const matching of ["%", "_", "nobody", "ada%", "ad_"]) expect(await ids({ matching })).toEqual([]);
      expect(await ids({ matching: "" })).toEqual(["ada"]);
    });

    test("keeps to what was said of a person last", async () => {
      const grace = { personId: "grace", identity: OKTA, session: undefined };
      const first = { id: "grace", name: "Admiral" };
      const mail = ["grace@navy.example"];
      await store().signIn(sampleSignIn({ ...grace, isNew: true, person: first, emails: mail }), SIGNED_IN);
      expect(await ids({ matching: "grace@navy.example" })).toEqual(["grace"]);
      const person = { id: "grace", name: "Countess" };
      await store().signIn(sampleSignIn({ ...grace, person, emails: [] }), SIGNED_IN);
      expect(await ids({ matching: "COUNTESS" })).toEqual(["grace"]);
      expect(await ids({ matching: "grace@navy.example" })).toEqual([]);
    });
  });

  describe("identities", () => {
    const linked = { ...OKTA, personId: "ada", label: "ada@okta.example", now: NOW };

    test("lead to their person, byte for byte", async () => {
      expect(await store().findByIdentity(OKTA)).toBeUndefined();
      expect(await store().addIdentity(linked, IDENTITY_LINKED)).toBe(true);
      expect(await store().findByIdentity(OKTA)).toMatchObject({ person: { id: "ada" } });
      for (const other of [
        { ...OKTA, subject: "00u1" },
        { ...OKTA, issuer: `${OKTA.issuer}/` },
        { ...OKTA, method: "github" },
      ]) {
        expect(await store().findByIdentity(other)).toBeUndefined();
      }
    });

    test("are listed in the order in which they came", async () => {
      await store().addIdentity(linked, IDENTITY_LINKED);
      expect(await store().listIdentities("ada")).toEqual([
        { ...samplePerson().identity, personId: "ada", label: "ada", createdAt: START, usedAt: null },
        { ...OKTA, personId: "ada", label: "ada@okta.example", createdAt: NOW, usedAt: null },
      ]);
      expect(await store().listIdentities("nobody")).toEqual([]);
    });

    test("are not added where they prove somebody, or to one who is gone or disabled", async () => {
      await addSamplePerson(store(), "grace");
      expect(await store().addIdentity({ ...linked, personId: "nobody" }, IDENTITY_LINKED)).toBe(false);
      await store().addIdentity(linked, IDENTITY_LINKED);
      for (const personId of ["ada", "grace"])
        expect(await store().addIdentity({ ...linked, personId }, IDENTITY_LINKED)).toBe(false);
      await store().disablePerson("grace", NOW, PERSON_DISABLED);
      const another = { ...linked, subject: "00U2", personId: "grace" };
      expect(await store().addIdentity(another, IDENTITY_LINKED)).toBe(false);
      expect(await store().listIdentities("grace")).toHaveLength(1);
      expect(await entries("identity.linked")).toBe(1);
    });

    test("are not added from a session that is over, or is another person's", async () => {
      const { identity, person } = samplePerson();
      const session = sampleSession({ hash: "here" });
      const begin = (now = START) =>
        store().signIn(sampleSignIn({ identity, personId: "ada", person, session, now }), SIGNED_IN);
      const link = (more: { readonly session: string; readonly personId?: string; readonly now?: number }) =>
        store().addIdentity({ ...linked, ...more }, IDENTITY_LINKED);
      await addSamplePerson(store(), "grace");
      await begin();
      expect(await link({ session: "unknown" })).toBe(false);
      expect(await link({ session: "here", personId: "grace" })).toBe(false);
      expect(await link({ session: "here", now: START + 365 * DAY })).toBe(false);
      await store().signOutPerson("ada", NOW, sampleEntry("person.signed_out"));
      expect(await link({ session: "here" })).toBe(false);
      expect(await store().findByIdentity(OKTA)).toBeUndefined();
      expect(await entries("identity.linked")).toBe(0);
      await begin(NOW + 1);
      expect(await link({ session: "here", now: NOW + 2 })).toBe(true);
    });

    test("of two who link one at once, one has it", async () => {
      await addSamplePerson(store(), "grace");
      const added = await Promise.all(
        ["ada", "grace"].map((personId) => store().addIdentity({ ...linked, personId }, IDENTITY_LINKED)),
      );
      expect(added.filter(Boolean)).toHaveLength(1);
    });

    const own = samplePerson().identity;
    const remove = (identity: Identity, keeping: Identity, personId = "ada") =>
      store().removeIdentity(personId, identity, keeping, IDENTITY_UNLINKED);

    test("are removed by their own person, where the one to keep is theirs too", async () => {
      await addSamplePerson(store(), "grace");
      await store().addIdentity(linked, IDENTITY_LINKED);
      for (const keeping of [OKTA, samplePerson("grace").identity, { ...OKTA, subject: "00U2" }]) {
        expect(await remove(OKTA, keeping)).toBe(false);
      }
      expect(await remove(OKTA, samplePerson("grace").identity, "grace")).toBe(false);
      expect(await remove(OKTA, own, "grace")).toBe(false);
      expect(await store().listIdentities("ada")).toHaveLength(2);
      expect(await remove(OKTA, own)).toBe(true);
      expect(await remove(OKTA, own)).toBe(false);
      expect(await remove(own, OKTA)).toBe(false);
      expect(await store().listIdentities("ada")).toMatchObject([own]);
      expect(await entries("identity.unlinked")).toBe(1);
    });

    describe("of a mail, when it is removed,", () => {
      const mailed = { method: "magic_link", issuer: "", subject: "ada@mail.example" };
      const okta = { identity: OKTA, personId: "grace", isNew: true, session: undefined } as const;
      const said = { id: "grace", name: "Grace", email: mailed.subject };

      test("takes its address from a person, unless the operator said it", async () => {
        const emails = [mailed.subject, "grace@okta.example"];
        await store().signIn(sampleSignIn({ ...okta, person: said, emails }), SIGNED_IN);
        await store().addIdentity({ ...mailed, personId: "grace", label: "g", now: NOW }, IDENTITY_LINKED);
        expect(await remove(mailed, OKTA, "grace")).toBe(true);
        expect(await store().findPerson("grace")).toMatchObject({
          person: { id: "grace", name: "Grace" },
          emails: ["grace@okta.example"],
        });
        expect((await store().findPerson("grace"))?.person.email).toBeUndefined();
        expect(await store().listPeople({ matching: mailed.subject, now: NOW, limit: 5 })).toEqual([]);
        const added = samplePerson("eve", { emails: [mailed.subject] });
        await store().addPerson(added, PERSON_ADDED);
        await store().addIdentity({ ...mailed, personId: "eve", label: "e", now: NOW }, IDENTITY_LINKED);
        expect(await remove(mailed, added.identity, "eve")).toBe(true);
        expect(await store().findPerson("eve")).toMatchObject({ emails: [mailed.subject] });
      });

      test("ends links for a password, which may have gone there", async () => {
        await store().addIdentity({ ...mailed, personId: "ada", label: "a", now: NOW }, IDENTITY_LINKED);
        await store().addLink(sampleLink(), INVITED);
        expect(await remove(mailed, OKTA)).toBe(false);
        expect(await store().findLink("link-1", NOW)).toBeDefined();
        expect(await remove(mailed, own)).toBe(true);
        expect(await store().findLink("link-1", NOW)).toBeUndefined();
      });
    });

    test("that are removed all at once leave one", async () => {
      for (let round = 0; round < 5; round += 1) {
        await store().addIdentity(linked, IDENTITY_LINKED);
        const before = await store().listIdentities("ada");
        expect(before).toHaveLength(2);
        await Promise.all([remove(OKTA, own), remove(own, OKTA)]);
        const [left, ...others] = await store().listIdentities("ada");
        expect(others).toEqual([]);
        if (left?.method === "oidc")
          await store().addIdentity(
            { ...samplePerson().identity, personId: "ada", label: "ada", now: NOW },
            IDENTITY_LINKED,
          );
      }
    });
  });

  describe("credentials", () => {
    const save = (secret: string, personId = "ada") =>
      store().saveCredential({ ...PASSWORD, personId, secret }, CREDENTIAL_CHANGED);
    const beginFor = async (id: string, hash: string, now = START) => {
      const { identity, person } = samplePerson(id);
      const session = sampleSession({ hash });
      await store().signIn(sampleSignIn({ identity, personId: id, person, session, now }), SIGNED_IN);
    };
    const begin = async (...hashes: readonly string[]) => {
      for (const hash of hashes) await beginFor("ada", hash);
    };
    const change = (session: string, secret: string, { personId = "ada", now = NOW } = {}) =>
      store().changePassword(
        { credential: { ...PASSWORD, personId, secret }, session, now },
        CREDENTIAL_CHANGED,
      );

    test("are found by their person, and replaced", async () => {
      expect(await password()).toBeUndefined();
      expect(await save("$2b$12$first")).toBe(true);
      expect(await store().findCredential("ada", "password")).toEqual({
        ...PASSWORD,
        secret: "$2b$12$first",
      });
      expect(await save("$2b$12$second")).toBe(true);
      expect(await password()).toBe("$2b$12$second");
      expect(await entries("credential.changed")).toBe(2);
    });

    test("are saved by the operator, which signs the person out", async () => {
      await begin("here");
      await addSamplePerson(store(), "grace");
      await beginFor("grace", "session of grace");
      await save("$2b$12$first");
      expect(await store().listSessions("ada", NOW)).toEqual([]);
      expect(await store().findPerson("ada")).toMatchObject({ signedOutAt: PASSWORD.createdAt });
      expect(await store().listSessions("grace", NOW)).toHaveLength(1);
      expect(await store().findPerson("grace")).toMatchObject({ signedOutAt: null });
    });

    test("are not saved for one who is not there", async () => {
      expect(await save("$2b$12$x", "nobody")).toBe(false);
      expect(await password("nobody")).toBeUndefined();
      expect(await entries("credential.changed")).toBe(0);
    });

    test("are changed by their person, whose other sessions end with it", async () => {
      await save("$2b$12$first");
      await begin("here", "there", "elsewhere");
      await addSamplePerson(store(), "grace");
      await beginFor("grace", "session of grace");
      expect(await change("here", "$2b$12$second")).toBe(true);
      expect(await password()).toBe("$2b$12$second");
      expect(await store().listSessions("ada", NOW)).toMatchObject([{ hash: "here", createdAt: NOW + 1 }]);
      expect(await store().findPerson("ada")).toMatchObject({ signedOutAt: NOW });
      expect(await store().findPerson("grace")).toMatchObject({ signedOutAt: null });
      expect(await store().listSessions("grace", NOW)).toHaveLength(1);
      expect(await entries("credential.changed")).toBe(2);
    });

    test("are changed by nobody whose session is over, or is another person's", async () => {
      await save("$2b$12$first");
      await begin("here", "there");
      await addSamplePerson(store(), "grace");
      expect(await change("unknown", "$2b$12$x")).toBe(false);
      expect(await change("here", "$2b$12$x", { personId: "grace" })).toBe(false);
      expect(await change("here", "$2b$12$x", { now: START + 365 * DAY })).toBe(false);
      await store().endSession("ada", "here", sampleEntry("session.ended"));
      expect(await change("here", "$2b$12$x")).toBe(false);
      expect(await store().listSessions("ada", NOW)).toHaveLength(1);
      expect(await password()).toBe("$2b$12$first");
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      await store().enablePerson("ada", PERSON_ENABLED);
      expect(await change("there", "$2b$12$x")).toBe(false);
      await store().removePerson("ada", NOW, sampleEntry("person.removed"));
      expect(await change("there", "$2b$12$x")).toBe(false);
      expect(await entries("credential.changed")).toBe(1);
    });

    test("that two sessions change at once are what the first one said, and the other session is over", async () => {
      for (let round = 0; round < 5; round += 1) {
        const sessions = [`one ${round}`, `two ${round}`];
        const now = NOW + 10 * round;
        for (const hash of sessions) await beginFor("ada", hash, now - 5);
        const changed = await Promise.all(
          sessions.map((session) => change(session, `$2b$12$${session}`, { now })),
        );
        expect(changed.filter(Boolean)).toHaveLength(1);
        const winner = sessions[changed.indexOf(true)];
        expect(await password()).toBe(`$2b$12$${winner}`);
        expect((await store().listSessions("ada", NOW)).map(({ hash }) => hash)).toEqual([winner]);
      }
    });

    test("are raised where nobody has changed them meanwhile, without an entry", async () => {
      await save("$2b$04$old");
      const raise = (before: string, secret: string) =>
        store().upgradeCredential({ personId: "ada", kind: "password", before, secret });
      await raise("$2b$04$old", "$argon2id$v=19$m=19456,t=2,p=1$salt$hash");
      await raise("$2b$04$old", "$2b$04$stale");
      expect(await password()).toBe("$argon2id$v=19$m=19456,t=2,p=1$salt$hash");
      expect(await store().listCredentialKinds("password", 10)).toEqual(["$argon2id$v=19$m=19456,t=2,p=1$"]);
      expect(await entries("credential.changed")).toBe(1);
    });

    test("say in which different ways they were made, and no more of them than asked", async () => {
      expect(await store().listCredentialKinds("password", 10)).toEqual([]);
      const secrets = [
        "$2a$10$abcdefghijklmnopqrstuu",
        "$2b$12$abcdefghijklmnopqrstuu",
        "$2b$12$another",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
        "$argon2id$m=65536,t=3,p=4$c2FsdA$aGFzaA",
        "$scrypt$ln=17,r=8,p=1$c2FsdA$aGFzaA",
      ];
      for (const [index, passwordHash] of secrets.entries()) {
        await store().addPerson(samplePerson(`person-${index}`, { passwordHash }), PERSON_ADDED);
      }
      const schemes = await store().listCredentialKinds("password", 10);
      expect([...schemes].sort()).toEqual([
        "$2a$10$",
        "$2b$12$",
        "$argon2id$m=65536,t=3,p=4$",
        "$argon2id$v=19$m=19456,t=2,p=1$",
        "$argon2id$v=19$m=65536,t=3,p=4$",
        "$scrypt$ln=17,r=8,p=1$",
      ]);
      expect(await store().listCredentialKinds("password", 2)).toEqual(schemes.slice(0, 2));
    });
  });

  describe("one-time links", () => {
    const credential = { ...PASSWORD, secret: "$2b$12$chosen" };
    const use = (hash = "link-1", now = NOW, personId = "ada") =>
      store().usePasswordLink({ hash, credential: { ...credential, personId }, now }, CREDENTIAL_CHANGED);

    test("are found until they end", async () => {
      await store().addLink(sampleLink(), INVITED);
      expect(await store().findLink("link-1", START + DAY - 1)).toEqual(sampleLink());
      expect(await store().findLink("link-1", START + DAY)).toBeUndefined();
      expect(await store().findLink("LINK-1", NOW)).toBeUndefined();
      expect(await entries("person.invited")).toBe(1);
    });

    test("set the password of their person once", async () => {
      await store().addLink(sampleLink(), INVITED);
      const used = await Promise.all([1, 2, 3, 4].map(() => use()));
      expect(used.filter(Boolean)).toHaveLength(1);
      expect(await password()).toBe("$2b$12$chosen");
      expect(await store().findLink("link-1", NOW)).toBeUndefined();
      expect(await use()).toBe(false);
      expect(await entries("credential.changed")).toBe(1);
    });

    test("sign the person out, in the commit that uses them up", async () => {
      await store().signIn(sampleSignIn(), SIGNED_IN);
      await store().addLink(sampleLink(), INVITED);
      expect(await use("unknown")).toBe(false);
      expect(await store().listSessions("ada", NOW)).toHaveLength(1);
      expect(await use()).toBe(true);
      expect(await store().listSessions("ada", NOW)).toEqual([]);
      expect(await store().findPerson("ada")).toMatchObject({ signedOutAt: NOW });
    });

    test("set no other person's password, none when they have ended, and stay as they are", async () => {
      await addSamplePerson(store(), "grace");
      await store().addLink(sampleLink(), INVITED);
      expect(await use("link-1", NOW, "grace")).toBe(false);
      expect(await use("link-1", START + DAY)).toBe(false);
      expect(await use("nothing")).toBe(false);
      expect([await password("grace"), await password()]).toEqual([undefined, undefined]);
      expect(await store().findLink("link-1", NOW)).toEqual(sampleLink());
    });

    test("take the place of an older one for the same purpose and person", async () => {
      await addSamplePerson(store(), "grace");
      await store().addLink(sampleLink(), INVITED);
      await store().addLink(sampleLink({ hash: "invitation", purpose: "invitation" }), INVITED);
      await store().addLink(sampleLink({ hash: "of grace", personId: "grace" }), INVITED);
      await store().addLink(sampleLink({ hash: "link-2" }), INVITED);
      const found = await Promise.all(
        ["link-1", "link-2", "invitation", "of grace"].map((hash) => store().findLink(hash, NOW)),
      );
      expect(found.map((link) => link?.hash)).toEqual([undefined, "link-2", "invitation", "of grace"]);
    });

    test("of many for one person at once, one is left", async () => {
      const hashes = Array.from({ length: 8 }, (_, index) => `link-${index}`);
      await Promise.all(hashes.map((hash) => store().addLink(sampleLink({ hash }), INVITED)));
      const found = await Promise.all(hashes.map((hash) => store().findLink(hash, NOW)));
      expect(found.filter((link) => link !== undefined)).toHaveLength(1);
    });

    test("for one who is not there are not kept", async () => {
      await store().addLink(sampleLink({ personId: "nobody" }), INVITED);
      expect(await store().findLink("link-1", NOW)).toBeUndefined();
      expect(await entries("person.invited")).toBe(0);
    });

    test("that invite no one in particular add a person, once, and each is its own", async () => {
      for (const hash of ["one", "two"])
        await store().addLink(sampleLink({ hash, purpose: "invitation", personId: null }), INVITED);
      const person = (id: string) => samplePerson(id, { passwordHash: "$2b$12$x", now: NOW });
      const invite = (hash: string, id: string) =>
        store().useInvitation({ hash, person: person(id) }, PERSON_ADDED);
      expect(await invite("one", "ada")).toBe(false);
      expect(await store().findLink("one", NOW)).toBeDefined();
      const used = await Promise.all(["x", "y", "z"].map((id) => invite("one", id)));
      expect(used.filter(Boolean)).toHaveLength(1);
      expect(await store().listPeople({ now: NOW, limit: 10 })).toHaveLength(2);
      expect(await store().findLink("two", NOW)).toBeDefined();
    });

    test("are each for their purpose", async () => {
      await store().addLink(sampleLink(), INVITED);
      await store().addLink(sampleLink({ hash: "open", purpose: "invitation", personId: null }), INVITED);
      expect(await store().useInvitation({ hash: "link-1", person: samplePerson("eve") }, PERSON_ADDED)).toBe(
        false,
      );
      expect(await use("open")).toBe(false);
      expect(await store().findPerson("eve")).toBeUndefined();
    });

    describe("that would set a password", () => {
      const hashes = ["link-1", "invitation", "mailed"] as const;
      const mailed = { method: "magic_link", issuer: "", subject: "ada@example.com" };
      const arrange = async () => {
        await store().saveCredential({ ...PASSWORD, secret: "$2b$12$old" }, CREDENTIAL_CHANGED);
        await store().signIn(sampleSignIn({ now: NOW + 1 }), SIGNED_IN);
        await store().addLink(sampleLink(), INVITED);
        await store().addLink(sampleLink({ hash: "invitation", purpose: "invitation" }), INVITED);
        const link = { ...sampleLink({ hash: "mailed" }), personId: "ada" };
        const added = { link, identity: mailed, emails: ["ada@example.com"] };
        expect(await store().addMailedPasswordLink(added, INVITED)).toBe(true);
      };
      const left = async () => {
        const found = await Promise.all(hashes.map((hash) => store().findLink(hash, NOW)));
        return found.flatMap((link) => link?.hash ?? []);
      };

      // At an instance whose clock is behind: no time is compared.
      const BEHIND = START - DAY;
      const again = { ...PASSWORD, secret: "$2b$12$new", createdAt: BEHIND };
      test.each<[string, readonly string[], () => Promise<unknown>]>([
        ["a new password", [], () => store().saveCredential(again, CREDENTIAL_CHANGED)],
        [
          "a changed password",
          [],
          () =>
            store().changePassword(
              { credential: again, session: "session-1", now: BEHIND },
              CREDENTIAL_CHANGED,
            ),
        ],
        ["one of them", [], () => use("mailed")],
        ["a sign-out", ["invitation"], () => store().signOutPerson("ada", BEHIND, SIGNED_OUT)],
        [
          "the end of the other sessions",
          ["invitation"],
          () => store().endOtherSessions("ada", "session-1", BEHIND, sampleEntry("session.ended")),
        ],
        [
          "nothing",
          [...hashes],
          () => store().endOtherSessions("ada", "other", NOW, sampleEntry("session.ended")),
        ],
      ])("of those, %s leaves %j", async (_what, stay, act) => {
        await arrange();
        await act();
        expect(await left()).toEqual(stay);
      });
    });

    test("end with their person's being disabled, and stay ended", async () => {
      await store().addLink(sampleLink(), INVITED);
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      await store().enablePerson("ada", PERSON_ENABLED);
      expect(await use()).toBe(false);
    });

    test("are deleted once they have ended", async () => {
      for (const hash of ["a", "b"])
        await store().addLink(sampleLink({ hash, purpose: "invitation", personId: null }), INVITED);
      expect(await store().deleteExpired(START + DAY - 1, 1)).toEqual({ deleted: 0, more: false });
      expect(await store().deleteExpired(START + DAY, 1)).toEqual({ deleted: 1, more: true });
      expect(await store().deleteExpired(START + DAY, 2)).toEqual({ deleted: 1, more: false });
    });
  });
}
