import { describe, expect, test } from "vitest";
import type { NewSession } from "../../../src/store/people-records.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  addSamplePerson,
  DAY,
  IDENTITY_LINKED,
  PERSON_DISABLED,
  PERSON_ENABLED,
  SECOND,
  SESSION_ENDED,
  SESSION_ENDED_UPSTREAM,
  SIGNED_IN,
  START,
  samplePerson,
  sampleSession,
  sampleSignIn,
} from "./samples.ts";

const NOW = START + SECOND;
const HOUR = DAY / 24;
const OKTA = "https://okta.example";

export function sessionContract(store: () => Store): void {
  const begin = async (session: Partial<NewSession> = {}, id = "ada", now = START): Promise<void> => {
    const { identity, person } = samplePerson(id);
    const signedIn = await store().signIn(
      sampleSignIn({ identity, personId: id, person, session: sampleSession(session), now }),
      SIGNED_IN,
    );
    expect(signedIn.kind).toBe("signed_in");
  };
  const hashes = async (id = "ada", now = NOW): Promise<readonly string[]> =>
    (await store().listSessions(id, now)).map(({ hash }) => hash);
  const entries = async (event: string) =>
    (await store().auditAfter(0, 100)).filter((record) => record.event === event).length;

  describe("a session", () => {
    test("is found by its hash, with the person as they are", async () => {
      const upstream = { issuer: OKTA, sessionId: "sid" };
      await begin({ upstream, secondFactor: "totp" });
      const { replaces, ...kept } = sampleSession({ upstream, secondFactor: "totp" });
      const session = { ...kept, personId: "ada", createdAt: START, usedAt: START };
      const record = await store().findPerson("ada");
      expect(await store().findSession("session-1", NOW)).toEqual({ session, record });
      expect(await store().listSessions("ada", NOW)).toEqual([session]);
      expect(await store().findSession("SESSION-1", NOW)).toBeUndefined();
      expect(await store().findSession("", NOW)).toBeUndefined();
    });

    test("that says nothing of the browser, the provider or a second factor is kept so", async () => {
      await begin({
        address: undefined,
        userAgent: undefined,
        upstream: { issuer: OKTA, sessionId: undefined },
      });
      expect(await store().listSessions("ada", NOW)).toMatchObject([
        {
          address: undefined,
          userAgent: undefined,
          secondFactor: undefined,
          upstream: { issuer: OKTA, sessionId: undefined },
        },
      ]);
    });

    test("ends when it was not used for so long", async () => {
      await begin();
      expect(await store().findSession("session-1", START + 12 * HOUR - 1)).toBeDefined();
      expect(await store().findSession("session-1", START + 12 * HOUR)).toBeUndefined();
      expect(await hashes("ada", START + 12 * HOUR)).toEqual([]);
    });

    test("lives longer while it is used, and never past its end", async () => {
      await begin({ endsAt: START + DAY });
      await store().touchSession("session-1", START + 10 * HOUR, START + 22 * HOUR);
      expect(await store().findSession("session-1", START + 13 * HOUR)).toMatchObject({
        session: { usedAt: START + 10 * HOUR, expiresAt: START + 22 * HOUR },
      });
      await store().touchSession("session-1", START + 20 * HOUR, START + 32 * HOUR);
      expect(await store().findSession("session-1", START + DAY - 1)).toMatchObject({
        session: { expiresAt: START + DAY },
      });
      expect(await store().findSession("session-1", START + DAY)).toBeUndefined();
    });

    test("of which an earlier use is written later does not end earlier", async () => {
      await begin();
      await store().touchSession("session-1", START + 2 * HOUR, START + 14 * HOUR);
      await store().touchSession("session-1", START + HOUR, START + 13 * HOUR);
      expect(await store().listSessions("ada", NOW)).toMatchObject([{ expiresAt: START + 14 * HOUR }]);
    });

    test("that has ended is not revived by a use", async () => {
      await begin();
      await store().touchSession("session-1", START + 12 * HOUR, START + DAY);
      await store().touchSession("nothing", START, START + DAY);
      expect(await hashes("ada", START + 12 * HOUR)).toEqual([]);
    });

    test("is listed for its person alone, newest first", async () => {
      await addSamplePerson(store(), "grace");
      await begin({ hash: "a" });
      await begin({ hash: "b" }, "ada", START + 2);
      await begin({ hash: "c" }, "ada", START + 1);
      await begin({ hash: "of grace" }, "grace");
      expect(await hashes()).toEqual(["b", "c", "a"]);
      expect(await hashes("grace")).toEqual(["of grace"]);
      expect(await hashes("nobody")).toEqual([]);
    });

    test("is ended once, by its own person, with an entry", async () => {
      await addSamplePerson(store(), "grace");
      await begin();
      expect(await store().endSession("grace", "session-1", SESSION_ENDED)).toBe(false);
      expect(await hashes()).toEqual(["session-1"]);
      const ended = [1, 2, 3].map(() => store().endSession("ada", "session-1", SESSION_ENDED));
      expect((await Promise.all(ended)).filter(Boolean)).toHaveLength(1);
      expect(await store().findSession("session-1", NOW)).toBeUndefined();
      expect(await entries("session.ended")).toBe(1);
    });

    test("of a person who is disabled is none, also after they are enabled again", async () => {
      await begin();
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      expect(await store().findSession("session-1", NOW)).toBeUndefined();
      await store().enablePerson("ada", PERSON_ENABLED);
      expect(await store().findSession("session-1", NOW)).toBeUndefined();
    });
  });

  describe("endUpstreamSessions (OpenID Connect Back-Channel Logout 1.0 §2.4)", () => {
    const logOut = (subject: string | undefined, sessionId: string | undefined, issuer = OKTA) =>
      store().endUpstreamSessions({ issuer, subject, sessionId }, SESSION_ENDED_UPSTREAM);

    const arrange = async (): Promise<void> => {
      await addSamplePerson(store(), "grace");
      for (const [id, subject] of [
        ["ada", "subject-of-ada"],
        ["grace", "subject-of-grace"],
      ] as const) {
        const identity = { method: "oidc", issuer: OKTA, subject, personId: id, label: id, now: START };
        await store().addIdentity(identity, IDENTITY_LINKED);
        for (const sessionId of ["1", "2"]) {
          await begin(
            { hash: `${id} ${sessionId}`, upstream: { issuer: OKTA, sessionId: `${id}-${sessionId}` } },
            id,
          );
        }
        await begin({ hash: `${id} unnamed`, upstream: { issuer: OKTA, sessionId: undefined } }, id);
        await begin({ hash: `${id} here` }, id);
        const elsewhere = { issuer: "https://other.example", sessionId: `${id}-1` };
        await begin({ hash: `${id} elsewhere`, upstream: elsewhere }, id);
      }
    };
    const ALL = ["1", "2", "elsewhere", "here", "unnamed"];
    const left = async (id: string) => (await hashes(id)).map((hash) => hash.slice(id.length + 1)).sort();

    test("by the name of the session ends that one", async () => {
      await arrange();
      expect(await logOut(undefined, "ada-1")).toEqual(["ada"]);
      expect(await left("ada")).toEqual(["2", "elsewhere", "here", "unnamed"]);
      expect(await left("grace")).toEqual(ALL);
      expect(await entries("session.ended_upstream")).toBe(1);
    });

    test("by the subject ends all that came of this provider", async () => {
      await arrange();
      expect(await logOut("subject-of-ada", undefined)).toEqual(["ada"]);
      expect(await left("ada")).toEqual(["elsewhere", "here"]);
      expect(await left("grace")).toEqual(ALL);
    });

    test("by both also ends those of which the provider never said the name", async () => {
      await arrange();
      expect(await logOut("subject-of-ada", "ada-1")).toEqual(["ada"]);
      expect(await left("ada")).toEqual(["2", "elsewhere", "here"]);
      expect(await left("grace")).toEqual(ALL);
    });

    test("of another provider, or of nothing that is known, ends nothing and has no entry", async () => {
      await arrange();
      expect(await logOut("subject-of-ada", "ada-2", "https://other.example")).toEqual([]);
      expect(await logOut("nobody", undefined)).toEqual([]);
      expect(await logOut(undefined, "nothing")).toEqual([]);
      expect(await logOut(undefined, undefined)).toEqual([]);
      expect([await left("ada"), await left("grace")]).toEqual([ALL, ALL]);
      expect(await entries("session.ended_upstream")).toBe(0);
    });
  });

  test("deleteExpired: sessions go when they have ended, a few at a time", async () => {
    for (const hash of ["a", "b", "c"]) await begin({ hash });
    await begin({ hash: "live", expiresAt: START + DAY });
    expect(await store().deleteExpired(START + 12 * HOUR - 1, 2)).toEqual({ deleted: 0, more: false });
    expect(await store().deleteExpired(START + 12 * HOUR, 2)).toEqual({ deleted: 2, more: true });
    expect(await store().deleteExpired(START + 12 * HOUR, 2)).toEqual({ deleted: 1, more: false });
    expect(await hashes()).toEqual(["live"]);
  });
}
