import { describe, expect, test } from "vitest";
import type { AddressChange, MailedLink } from "../../../src/store/mail-store.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  addSamplePerson,
  INVITED,
  PERSON_ADDED,
  PERSON_DISABLED,
  SECOND,
  SIGNED_IN,
  SIGNED_OUT,
  START,
  sampleEntry,
  sampleLink,
  samplePerson,
  sampleSession,
  sampleSignIn,
} from "./samples.ts";

const NOW = START + SECOND;
const END = START + 600 * SECOND;

export function sampleMailedLink(changes: Partial<MailedLink> = {}): MailedLink {
  return {
    hash: "mail-1",
    purpose: "sign_in",
    personId: null,
    codeMac: "mac",
    tries: 0,
    sealed: "sealed",
    createdAt: START,
    expiresAt: END,
    ...changes,
  };
}

export function mailContract(store: () => Store): void {
  const find = (hash = "mail-1", now = NOW) => store().findMailedLink(hash, now);
  const use = (changes: Partial<Parameters<Store["useMailedLink"]>[0]> = {}) =>
    store().useMailedLink({ hash: "mail-1", tries: 4, now: NOW, ...changes });
  const tried = (changes: Partial<Parameters<Store["countCodeTry"]>[0]> = {}) =>
    store().countCodeTry({ hash: "mail-1", most: 5, now: NOW, ...changes });

  describe("mailed links", () => {
    test("are found until they end, and are no invitations", async () => {
      expect(await store().addMailedLink(sampleMailedLink())).toBe(true);
      expect(await find("mail-1", END - 1)).toEqual(sampleMailedLink());
      expect(await find("mail-1", END)).toBeUndefined();
      expect(await find("mail-2")).toBeUndefined();
      expect(await store().findLink("mail-1", NOW)).toBeUndefined();
      await store().addLink(sampleLink(), INVITED);
      expect(await find("link-1")).toBeUndefined();
    });

    test("are used once, however many do at once", async () => {
      await store().addMailedLink(sampleMailedLink());
      const used = await Promise.all(Array.from({ length: 8 }, () => use()));
      expect(used.filter(Boolean)).toHaveLength(1);
      expect([await find(), await use(), await tried()]).toEqual([undefined, false, undefined]);
    });

    test("are not used when they have ended, and stay", async () => {
      await store().addMailedLink(sampleMailedLink());
      expect([await use({ now: END }), await use({ hash: "mail-2" })]).toEqual([false, false]);
      expect(await find()).toEqual(sampleMailedLink());
    });

    test("count the tries of a code, and no more than so many however many come at once", async () => {
      await store().addMailedLink(sampleMailedLink());
      expect(await tried()).toEqual(sampleMailedLink({ tries: 1 }));
      const counted = await Promise.all(Array.from({ length: 12 }, () => tried()));
      expect(counted.filter((link) => link !== undefined)).toHaveLength(4);
      expect((await find())?.tries).toBe(5);
      expect([await tried(), await tried({ now: END }), await tried({ hash: "mail-2" })]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      // The link ends with them; one whose fifth code was right uses it up.
      expect([await use(), await use({ tries: 5 })]).toEqual([false, true]);
    });

    test("of no one in particular are each their own; of a person, the newest of a purpose is left", async () => {
      await addSamplePerson(store(), "grace");
      await store().addLink(sampleLink(), INVITED);
      const links = [
        sampleMailedLink({ hash: "a" }),
        sampleMailedLink({ hash: "b" }),
        sampleMailedLink({ hash: "c", purpose: "address", personId: "ada" }),
        sampleMailedLink({ hash: "d", purpose: "address", personId: "grace" }),
        sampleMailedLink({ hash: "e", purpose: "address", personId: "ada" }),
      ];
      for (const link of links) expect(await store().addMailedLink(link)).toBe(true);
      const found = await Promise.all(["a", "b", "c", "d", "e"].map((hash) => find(hash)));
      expect(found.map((link) => link?.hash)).toEqual(["a", "b", undefined, "d", "e"]);
      expect(await store().findLink("link-1", NOW)).toBeDefined();
    });

    test("of a person who is not there are not kept, and those of one who is disabled end", async () => {
      const ofPerson = (personId: string) => sampleMailedLink({ purpose: "address", personId });
      expect(await store().addMailedLink(ofPerson("nobody"))).toBe(false);
      expect(await find()).toBeUndefined();
      await store().addMailedLink(ofPerson("ada"));
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      expect(await find()).toBeUndefined();
    });
  });

  describe("addMailedPasswordLink", () => {
    const MAILED = { method: "magic_link", issuer: "", subject: "ada@example.com" };
    const password = { personId: "ada", kind: "password", id: "", counter: null } as const;
    const arrange = () =>
      store().saveCredential(
        { ...password, secret: "$2b$12$x", createdAt: START, usedAt: null },
        sampleEntry("credential.changed"),
      );
    const add = (changes: { personId?: string; emails?: readonly string[]; hash?: string } = {}) => {
      const { personId = "ada", hash = "mailed", emails } = changes;
      const link = { ...sampleLink({ hash }), personId };
      return store().addMailedPasswordLink({ link, identity: MAILED, emails }, INVITED);
    };
    const linked = { ...MAILED, personId: "ada", label: "a", now: START };
    const link = () => store().addIdentity(linked, sampleEntry("identity.linked"));
    const emails = ["ada@example.com"];

    test("keeps one for an address that the operator says, or that is linked", async () => {
      await arrange();
      expect(await add({ emails })).toBe(true);
      expect(await store().findLink("mailed", NOW)).toMatchObject({ purpose: "password", personId: "ada" });
      await link();
      expect(await add({ hash: "again" })).toBe(true);
      // The newest one counts.
      expect(await store().findLink("mailed", NOW)).toBeUndefined();
    });

    test("leaves a link of the operator's, and an invitation", async () => {
      await arrange();
      await store().addLink(sampleLink(), INVITED);
      await store().addLink(sampleLink({ hash: "invitation", purpose: "invitation" }), INVITED);
      expect(await add({ emails })).toBe(true);
      for (const hash of ["link-1", "invitation"]) expect(await store().findLink(hash, NOW)).toBeDefined();
    });

    test.each<[string, () => Promise<unknown>, Parameters<typeof add>[0]]>([
      [
        "the person has a passkey, and no password",
        async () => {
          const passkey = { ...password, kind: "passkey", id: "key", counter: 0 } as const;
          await store().saveCredential(
            { ...passkey, secret: "{}", createdAt: START, usedAt: null },
            sampleEntry("credential.changed"),
          );
        },
        { emails },
      ],
      ["the address was linked, and is not", arrange, {}],
      ["the operator's addresses are others by now", arrange, { emails: ["other@example.com"] }],
      [
        "the person is disabled",
        async () => {
          await arrange();
          await store().disablePerson("ada", NOW, PERSON_DISABLED);
        },
        { emails },
      ],
      ["no one has the id", arrange, { emails, personId: "nobody" }],
      [
        "the addresses are what a sign-in says",
        async () => {
          const OKTA = { method: "oidc", issuer: "https://okta.example", subject: "1" };
          const first = {
            identity: OKTA,
            personId: "p",
            isNew: true,
            session: undefined,
            person: { id: "p" },
          };
          await store().signIn(sampleSignIn({ ...first, emails }), SIGNED_IN);
          const credential = {
            ...password,
            personId: "p",
            secret: "$2b$12$x",
            createdAt: START,
            usedAt: null,
          };
          await store().saveCredential(credential, sampleEntry("credential.changed"));
        },
        { emails, personId: "p" },
      ],
    ])("keeps none where %s", async (_why, arranged, asked) => {
      await arranged();
      expect(await add(asked)).toBe(false);
      expect(await store().findLink("mailed", NOW)).toBeUndefined();
    });
  });

  describe("findByAddress", () => {
    test("finds whole addresses of people who are not disabled, and nothing like them", async () => {
      const addresses = {
        b: ["a@example.com"],
        c: ["x@example.com", "a_a@example.com"],
        d: ["aa@example.com.au"],
      };
      for (const [id, emails] of Object.entries(addresses)) {
        await store().addPerson({ ...samplePerson(id), emails }, PERSON_ADDED);
      }
      const found = async (address: string) =>
        (await store().findByAddress(address, 10)).map(({ person }) => person.id);
      expect(await found("a@example.com")).toEqual(["b"]);
      expect(await found("x@example.com")).toEqual(["c"]);
      expect(await found("a_a@example.com")).toEqual(["c"]);
      for (const other of ["aa@example.com", "example.com", "%", "_@example.com", ""]) {
        expect(await found(other)).toEqual([]);
      }
      await store().disablePerson("b", NOW, PERSON_DISABLED);
      expect(await found("a@example.com")).toEqual([]);
    });

    test("counts what the operator says alone: not a name that is an address, nor what a provider says", async () => {
      for (const id of ["m-1", "m-2"]) {
        const identity = { method: "oidc", issuer: "https://okta.example", subject: id };
        const first = { identity, personId: id, isNew: true, session: undefined };
        const person = { id, name: "victim@example.com" };
        await store().signIn(sampleSignIn({ ...first, person, emails: ["victim@example.com"] }), SIGNED_IN);
      }
      const named = samplePerson("named", { person: { id: "named", name: "victim@example.com" } });
      await store().addPerson({ ...named, emails: ['"victim@example.com"'] }, PERSON_ADDED);
      await store().addPerson(samplePerson("victim", { emails: ["Victim@Example.com"] }), PERSON_ADDED);
      const found = await store().findByAddress("victim@example.com", 1);
      expect(found.map(({ person }) => person.id)).toEqual(["victim"]);
    });
  });

  describe("changeAddress", () => {
    const OLD = { method: "magic_link", issuer: "", subject: "ada@example.com" };
    const NEW = { ...OLD, subject: "ada@new.example" };
    const CHANGED = sampleEntry("address.changed");

    const arrange = async (): Promise<AddressChange> => {
      await store().signIn(sampleSignIn({ session: sampleSession({ hash: "session-1" }) }), SIGNED_IN);
      const linked = sampleEntry("identity.linked");
      await store().addIdentity({ ...OLD, personId: "ada", label: OLD.subject, now: START }, linked);
      await store().addMailedLink(sampleMailedLink({ purpose: "address", personId: "ada" }));
      await store().addLink(sampleLink(), INVITED);
      const before = await store().findPerson("ada");
      if (!before) throw new Error("Ada is missing");
      const after = { ...before, person: { ...before.person, email: NEW.subject }, emails: [NEW.subject] };
      return {
        hash: "mail-1",
        personId: "ada",
        session: "session-1",
        from: OLD,
        to: NEW,
        label: NEW.subject,
        before,
        after,
        now: NOW,
      };
    };
    const change = (changed: AddressChange) => store().changeAddress(changed, CHANGED);
    const everything = async () => ({
      person: await store().findPerson("ada"),
      identities: (await store().listIdentities("ada")).map(({ subject }) => subject).sort(),
      mail: await find(),
      link: await store().findLink("link-1", NOW),
      entries: (await store().auditAfter(0, 100)).filter(({ event }) => event === "address.changed").length,
    });

    test("puts the new identity and addresses in the place of the old ones, and ends links for a password", async () => {
      const asked = await arrange();
      const { identities } = await everything();
      expect(await change(asked)).toBe(true);
      const now = await everything();
      expect(now.identities).toEqual(
        identities.map((subject) => (subject === OLD.subject ? NEW.subject : subject)).sort(),
      );
      expect(now).toMatchObject({
        person: { emails: [NEW.subject], person: { email: NEW.subject } },
        entries: 1,
      });
      expect([now.mail, now.link]).toEqual([undefined, undefined]);
      expect((await store().listPeople({ matching: NEW.subject, now: NOW, limit: 5 })).length).toBe(1);
    });

    test("happens once, of four at once", async () => {
      const asked = await arrange();
      const changed = await Promise.all([1, 2, 3, 4].map(() => change(asked)));
      expect(changed.filter(Boolean)).toHaveLength(1);
      expect((await everything()).entries).toBe(1);
    });

    test.each<[string, (asked: AddressChange) => Promise<AddressChange> | AddressChange]>([
      ["the mail is another one", (asked) => ({ ...asked, hash: "mail-2" })],
      ["the mail has ended", (asked) => ({ ...asked, now: END })],
      ["the session is another one", (asked) => ({ ...asked, session: "session-2" })],
      [
        "the person has signed out everywhere",
        async (asked) => {
          await store().signOutPerson("ada", NOW, SIGNED_OUT);
          return asked;
        },
      ],
      [
        "the old identity is not theirs",
        (asked) => ({ ...asked, from: { ...OLD, subject: "eve@example.com" } }),
      ],
      [
        "their addresses are others by now",
        (asked) => ({ ...asked, before: { ...asked.before, emails: [] } }),
      ],
      [
        "the new identity is someone's",
        async (asked) => {
          await addSamplePerson(store(), "grace");
          const linked = sampleEntry("identity.linked");
          await store().addIdentity({ ...NEW, personId: "grace", label: "g", now: START }, linked);
          return asked;
        },
      ],
      [
        "the mail is for signing in",
        async (asked) => {
          await store().addMailedLink(sampleMailedLink({ hash: "mail-2" }));
          return { ...asked, hash: "mail-2" };
        },
      ],
    ])("writes nothing where %s", async (_why, given) => {
      const asked = await given(await arrange());
      const before = await everything();
      expect(await change(asked)).toBe(false);
      expect(await everything()).toEqual(before);
    });
  });
}
