import { describe, expect, test } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import type {
  NewUpstreamCredential,
  RefreshedUpstreamTokens,
  UpstreamRefresh,
} from "../../../src/store/upstream-store.ts";
import {
  addSamplePerson,
  PERSON_DISABLED,
  PERSON_ENABLED,
  PERSON_LINKED,
  PERSON_REMOVED,
  SECOND,
  SIGNED_IN,
  SIGNED_OUT,
  START,
  samplePerson,
  sampleSession,
  sampleSignIn,
  UPSTREAM_CONNECTED,
  UPSTREAM_DISCONNECTED,
} from "./samples.ts";

const NOW = START + SECOND;

export function sampleUpstream(changes: Partial<NewUpstreamCredential> = {}): NewUpstreamCredential {
  return {
    personId: "ada",
    upstream: "github",
    kind: "token",
    sealed: "sealed",
    scopes: ["repo", "read:org"],
    account: "ada-at-github",
    version: "version-1",
    expiresAt: NOW + 3600 * SECOND,
    now: NOW,
    ...changes,
  };
}

/** What people have at other services: kept, refreshed by one at a time, sealed anew, and ended with the person. */
export function upstreamContract(store: () => Store): void {
  const save = (changes: Partial<NewUpstreamCredential> = {}) =>
    store().saveUpstreamCredential(sampleUpstream(changes), UPSTREAM_CONNECTED);
  const find = (personId = "ada", upstream = "github") => store().findUpstreamCredential(personId, upstream);
  const entries = async (event: string) =>
    (await store().auditAfter(0, 100)).filter((record) => record.event === event).length;
  const begin = async (personId = "ada") => {
    const { identity, person } = samplePerson(personId);
    const session = sampleSession({ hash: `session of ${personId}` });
    await store().signIn(sampleSignIn({ identity, personId, person, session }), SIGNED_IN);
  };

  describe("saveUpstreamCredential", () => {
    test("keeps it, with its entry, and gives it back as it was", async () => {
      expect(await save()).toBe(true);
      expect(await find()).toEqual({
        personId: "ada",
        upstream: "github",
        kind: "token",
        sealed: "sealed",
        scopes: ["repo", "read:org"],
        account: "ada-at-github",
        version: "version-1",
        refreshingUntil: null,
        createdAt: NOW,
        usedAt: null,
        expiresAt: NOW + 3600 * SECOND,
        deadAt: null,
      });
      expect(await find("ada", "gitlab")).toBeUndefined();
      expect(await find("grace")).toBeUndefined();
      expect(await entries("upstream.connected")).toBe(1);
    });

    test("puts it in the place of the one before, later than that", async () => {
      await save();
      await store().touchUpstreamCredential("ada", "github", NOW);
      await store().endUpstreamCredential({ ...sampleUpstream(), now: NOW });
      const another = { kind: "key", sealed: "other", scopes: [], account: "", expiresAt: null } as const;
      expect(await save({ ...another, version: "version-2", now: NOW - 5 })).toBe(true);
      expect(await find()).toMatchObject({
        ...another,
        version: "version-2",
        createdAt: NOW + 1,
        deadAt: null,
      });
      expect(await find()).toMatchObject({ usedAt: null, refreshingUntil: null });
    });

    test("where nothing may be there, it takes the place of nothing", async () => {
      expect(await save({ before: null })).toBe(true);
      expect(await save({ before: null, version: "version-2", account: "another" })).toBe(false);
      expect(await find()).toMatchObject({ version: "version-1", account: "ada-at-github" });
      await store().endUpstreamCredential({ ...sampleUpstream(), now: NOW });
      expect(await save({ before: null, version: "version-2" })).toBe(false);
      expect(await save({ before: null, upstream: "gitlab" })).toBe(true);
      expect(await entries("upstream.connected")).toBe(2);
    });

    test("where a version is named, it takes the place of that one alone, and not of none", async () => {
      expect(await save({ before: "version-1" })).toBe(false);
      expect(await find()).toBeUndefined();
      await save();
      expect(await save({ before: "version-0", version: "version-2" })).toBe(false);
      expect(await save({ before: "version-1", version: "version-2", upstream: "gitlab" })).toBe(false);
      expect(await find()).toMatchObject({ version: "version-1" });
      expect(await save({ before: "version-1", version: "version-2" })).toBe(true);
      expect(await find()).toMatchObject({ version: "version-2" });
      expect(await entries("upstream.connected")).toBe(2);
    });

    test("is not for one who is gone or disabled", async () => {
      expect(await save({ personId: "nobody" })).toBe(false);
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      expect(await save()).toBe(false);
      expect([await find(), await find("nobody")]).toEqual([undefined, undefined]);
      expect(await entries("upstream.connected")).toBe(0);
    });

    test("counts from when it was asked for: not where the person was signed out since", async () => {
      await store().signOutPerson("ada", NOW, SIGNED_OUT);
      for (const askedAt of [NOW - 1, NOW]) expect(await save({ askedAt })).toBe(false);
      expect(await save({ askedAt: NOW + 1 })).toBe(true);
    });

    test("needs the session in which it is asked for, where one is named", async () => {
      await addSamplePerson(store(), "grace");
      await begin("ada");
      await begin("grace");
      for (const session of ["session of grace", "unknown"]) expect(await save({ session })).toBe(false);
      expect(await find()).toBeUndefined();
      expect(await save({ session: "session of ada" })).toBe(true);
    });
  });

  describe("a refresh", () => {
    const lease = (changes: Partial<UpstreamRefresh> = {}): UpstreamRefresh => ({
      personId: "ada",
      upstream: "github",
      version: "version-1",
      until: NOW + 30 * SECOND,
      now: NOW,
      ...changes,
    });
    const refreshed = (changes: Partial<RefreshedUpstreamTokens> = {}): RefreshedUpstreamTokens => ({
      personId: "ada",
      upstream: "github",
      before: "version-1",
      version: "version-2",
      sealed: "sealed anew",
      scopes: ["repo"],
      expiresAt: null,
      ...changes,
    });

    test("is one caller's, of many at once, until the lease ends or is given back", async () => {
      await save();
      const taken = await Promise.all(
        [1, 2, 3, 4].map((nth) => store().beginUpstreamRefresh(lease({ until: NOW + 30 * SECOND + nth }))),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      const { refreshingUntil } = (await find()) ?? {};
      // Nobody else's to give back.
      await store().endUpstreamRefresh(lease({ until: NOW }));
      expect(await find()).toMatchObject({ refreshingUntil });
      expect(await store().beginUpstreamRefresh(lease({ now: NOW + 29 * SECOND }))).toBe(false);
      expect(
        await store().beginUpstreamRefresh(lease({ now: NOW + 31 * SECOND, until: NOW + 60 * SECOND })),
      ).toBe(true);
      await store().endUpstreamRefresh(lease({ until: NOW + 60 * SECOND }));
      expect(await store().beginUpstreamRefresh(lease())).toBe(true);
    });

    test("is of the version that was read, of a credential that is not dead", async () => {
      await save();
      expect(await store().beginUpstreamRefresh(lease({ version: "version-0" }))).toBe(false);
      expect(await store().beginUpstreamRefresh(lease({ upstream: "gitlab" }))).toBe(false);
      expect(await store().endUpstreamCredential(lease())).toBe(true);
      expect(await store().beginUpstreamRefresh(lease())).toBe(false);
    });

    test("keeps what it brought, once, and gives the lease back", async () => {
      await save();
      await store().beginUpstreamRefresh(lease());
      expect(await store().replaceUpstreamTokens(refreshed())).toBe(true);
      expect(await find()).toMatchObject({
        sealed: "sealed anew",
        version: "version-2",
        scopes: ["repo"],
        expiresAt: null,
        refreshingUntil: null,
        account: "ada-at-github",
        createdAt: NOW,
      });
      expect(await store().replaceUpstreamTokens(refreshed({ version: "version-3", sealed: "late" }))).toBe(
        false,
      );
      expect(await find()).toMatchObject({ version: "version-2" });
    });

    test("that ends after the person connected anew or disconnected changes nothing", async () => {
      await save();
      await save({ version: "of another account", sealed: "other" });
      expect(await store().replaceUpstreamTokens(refreshed())).toBe(false);
      expect(await store().endUpstreamCredential(lease())).toBe(false);
      expect(await find()).toMatchObject({ version: "of another account", sealed: "other", deadAt: null });
      await store().removeUpstreamCredential({ ...lease() }, UPSTREAM_DISCONNECTED);
      expect(await store().replaceUpstreamTokens(refreshed({ before: "of another account" }))).toBe(false);
      expect(await find()).toBeUndefined();
    });

    test("that finds the credential dead forgets what is sealed; one that is late and brings more brings it back", async () => {
      await save();
      expect(await store().endUpstreamCredential(lease())).toBe(true);
      expect(await find()).toMatchObject({ deadAt: NOW, sealed: "", expiresAt: null, refreshingUntil: null });
      expect(await store().endUpstreamCredential(lease({ now: NOW + 1 }))).toBe(false);
      expect(await store().replaceUpstreamTokens(refreshed())).toBe(true);
      expect(await find()).toMatchObject({ deadAt: null, sealed: "sealed anew" });
    });
  });

  describe("what a person has", () => {
    test("is listed by service, without what is sealed", async () => {
      await addSamplePerson(store(), "grace");
      for (const upstream of ["jira", "github"]) await save({ upstream });
      await save({ personId: "grace" });
      await store().touchUpstreamCredential("ada", "jira", NOW + 1);
      const listed = await store().listUpstreamCredentials("ada");
      expect(listed).toMatchObject([
        { upstream: "github", usedAt: null, account: "ada-at-github" },
        { upstream: "jira", usedAt: NOW + 1 },
      ]);
      for (const one of listed) {
        expect(Object.keys(one)).not.toContain("sealed");
        expect(Object.keys(one)).not.toContain("version");
      }
      expect(await store().listUpstreamCredentials("nobody")).toEqual([]);
    });

    test("is removed once, with its entry, and only that", async () => {
      await addSamplePerson(store(), "grace");
      await begin("ada");
      await begin("grace");
      await save();
      await save({ upstream: "jira" });
      await save({ personId: "grace" });
      const remove = (session?: string, upstream = "github") =>
        store().removeUpstreamCredential(
          { personId: "ada", upstream, session, now: NOW },
          UPSTREAM_DISCONNECTED,
        );
      for (const session of ["session of grace", "unknown"]) expect(await remove(session)).toBe(false);
      expect(await remove(undefined, "gitlab")).toBe(false);
      expect(await entries("upstream.disconnected")).toBe(0);
      expect(await remove("session of ada")).toBe(true);
      expect(await remove()).toBe(false);
      expect(await entries("upstream.disconnected")).toBe(1);
      expect([await find(), await find("ada", "jira"), await find("grace")]).toEqual([
        undefined,
        expect.anything(),
        expect.anything(),
      ]);
    });

    test("ends where they are disabled or removed, and not where they are signed out", async () => {
      await addSamplePerson(store(), "grace");
      await save();
      await save({ personId: "grace" });
      await store().signOutPerson("ada", NOW, SIGNED_OUT);
      expect(await find()).toBeDefined();
      await store().disablePerson("ada", NOW, PERSON_DISABLED);
      expect(await find()).toBeUndefined();
      await store().enablePerson("ada", PERSON_ENABLED);
      expect(await save()).toBe(true);
      await store().removePerson("ada", NOW, PERSON_REMOVED);
      expect(await find()).toBeUndefined();
      expect(await find("grace")).toBeDefined();
    });

    test("goes to the survivor where two people become one, unless the survivor has something there", async () => {
      await addSamplePerson(store(), "grace");
      await save();
      await save({ personId: "grace", version: "of grace" });
      await save({ personId: "grace", upstream: "jira", version: "of grace" });
      await store().linkPeople({ survivor: "ada", gone: "grace" }, NOW, PERSON_LINKED);
      expect(await find()).toMatchObject({ version: "version-1" });
      expect(await find("ada", "jira")).toMatchObject({ version: "of grace" });
      expect(await store().listUpstreamCredentials("grace")).toEqual([]);
    });

    test("ends where the one who survives is disabled", async () => {
      await addSamplePerson(store(), "grace");
      await save();
      await store().disablePerson("grace", NOW, PERSON_DISABLED);
      await store().linkPeople({ survivor: "ada", gone: "grace" }, NOW, PERSON_LINKED);
      expect(await find()).toBeUndefined();
    });
  });

  describe("sealing anew", () => {
    test("pages through what is sealed, by person and service", async () => {
      await addSamplePerson(store(), "grace");
      for (const upstream of ["a", "b"])
        for (const personId of ["grace", "ada"]) await save({ upstream, personId });
      await store().endUpstreamCredential({ ...sampleUpstream({ upstream: "b" }), now: NOW });
      const page = async (personId: string, upstream: string, limit: number) =>
        (await store().listUpstreamCredentialsAfter({ personId, upstream }, limit)).map(
          (one) => `${one.personId} ${one.upstream} ${one.sealed}`,
        );
      expect(await page("", "", 2)).toEqual(["ada a sealed", "grace a sealed"]);
      expect(await page("grace", "a", 2)).toEqual(["grace b sealed"]);
      expect(await page("grace", "b", 2)).toEqual([]);
    });

    test("replaces what is still sealed as it was, and is no new version", async () => {
      await save();
      const reseal = (before: string, sealed: string) =>
        store().resealUpstreamCredential({ personId: "ada", upstream: "github", before, sealed });
      expect(await reseal("something else", "x")).toBe(false);
      expect(await reseal("sealed", "under the new secret")).toBe(true);
      expect(await find()).toMatchObject({ sealed: "under the new secret", version: "version-1" });
    });
  });
}
