import { describe, expect, test } from "vitest";
import type { Approval, RefreshRotation } from "../../../src/store/grant-records.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  APPROVED,
  addSamplePerson,
  approveSample,
  DAY,
  PERSON_DISABLED,
  REDEEMED,
  REMEMBERED,
  REVOKED,
  SECOND,
  SIGNED_OUT,
  START,
  sampleApproval,
} from "./samples.ts";

const NOW = START + SECOND;
const LATER = START + 40 * DAY;
const many = <T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => act(index)));

const rotation = (presented: number, changes: Partial<RefreshRotation> = {}): RefreshRotation => ({
  id: "grant-1",
  clientId: "client-1",
  presented,
  refreshExpiresAt: LATER,
  now: NOW,
  ...changes,
});

export function grantContract(store: () => Store): void {
  const approveAndRedeem = async (): Promise<void> => {
    await store().approve(sampleApproval(), APPROVED);
    await store().redeemCode("grant-1", START + 30 * DAY, NOW, REDEEMED);
  };

  describe("approve", () => {
    test("keeps all that was approved, and nothing has happened yet", async () => {
      const { person, scopes, signedInAt, restsOn, ...rest } = sampleApproval();
      const expected = {
        ...rest,
        person,
        scopes,
        redeemedAt: null,
        generation: 0,
        rotatedAt: null,
        unusedGeneration: null,
        usedAt: null,
        revokedAt: null,
        revokedReason: null,
        refusedAt: null,
        refusal: null,
      };
      expect(await store().approve(sampleApproval(), APPROVED)).toEqual(expected);
      expect(await store().findGrant("grant-1")).toEqual(expected);
    });

    test.each([
      { scopes: [] },
      { clientName: null },
      { organization: { id: "acme", name: "Acme" } },
      {
        organization: { id: "日本 \" ' \\", name: "Robert'); DROP TABLE grants; --", description: "\u0001" },
      },
      { clientName: "Robert'); DROP TABLE grants; --" },
      { person: { id: "", "": null } },
      { person: { id: "日本 \u0001 \" ' \\", nested: { deep: [1, null, "ü"] } } },
    ])("keeps %j as it came", async (changes) => {
      if (changes.person) await addSamplePerson(store(), changes.person.id);
      expect(await store().approve(sampleApproval(changes), APPROVED)).toMatchObject(changes);
      expect(await store().findGrant("grant-1")).toMatchObject(changes);
    });

    test("again with the same decision lets a code that nobody redeemed live longer, and nothing else", async () => {
      const first = await approveSample(store());
      const expiry = { codeExpiresAt: first.codeExpiresAt + 1, refreshExpiresAt: first.refreshExpiresAt + 1 };
      const again = await store().approve(
        sampleApproval({ ...expiry, codeChallenge: "x", endsAt: START }),
        APPROVED,
      );
      expect(again).toEqual({ ...first, ...expiry });
      expect(await store().findGrant("grant-1")).toEqual(again);
    });

    test("again with another decision returns the grant that is there, unchanged", async () => {
      const first = await approveSample(store());
      const changed = sampleApproval({
        person: { id: "mallory" },
        scopes: ["everything"],
        codeChallenge: "x",
      });
      expect(await store().approve(changed, APPROVED)).toEqual(first);
      expect(await store().findGrant("grant-1")).toEqual(first);
    });

    test.each([
      { person: { id: "mallory" } },
      { scopes: ["mcp"] },
      { scopes: ["mcp", "todo:read", "more"] },
      { organization: { id: "acme", name: "Acme" } },
    ])("again with %j, that alone, lets no code live longer", async (changes) => {
      const first = await approveSample(store());
      const later = { codeExpiresAt: first.codeExpiresAt + 1, refreshExpiresAt: first.refreshExpiresAt + 1 };
      expect(await store().approve(sampleApproval({ ...later, ...changes }), APPROVED)).toEqual(first);
      expect(await store().findGrant("grant-1")).toEqual(first);
    });

    test("again for another organization, or for none, lets no code live longer; for the same one it does", async () => {
      const acme = { id: "acme", name: "Acme" };
      const first = await approveSample(store(), { organization: acme });
      const later = { codeExpiresAt: first.codeExpiresAt + 1, refreshExpiresAt: first.refreshExpiresAt + 1 };
      for (const organization of [null, { id: "globex", name: "Acme" }]) {
        expect(await store().approve(sampleApproval({ ...later, organization }), APPROVED)).toEqual(first);
      }
      const again = await store().approve(sampleApproval({ ...later, organization: acme }), APPROVED);
      expect(again).toEqual({ ...first, ...later });
    });

    test("a rotation changes nothing of the organization", async () => {
      const organization = { id: "acme", name: "Acme", description: "Rockets" };
      await approveSample(store(), { organization });
      await store().redeemCode("grant-1", LATER, NOW, REDEEMED);
      const rotation = {
        id: "grant-1",
        clientId: "client-1",
        presented: 1,
        refreshExpiresAt: LATER,
        now: NOW,
      };
      expect(await store().rotateRefresh(rotation)).toMatchObject({ organization, generation: 2 });
    });

    test.each([
      ["redeemed", () => store().redeemCode("grant-1", LATER, NOW, REDEEMED)],
      ["revoked", () => store().revokeGrant("grant-1", "operator", NOW, REVOKED)],
    ])("again lets a grant that was %s, and no more than that, live no longer", async (_, happen) => {
      const { codeExpiresAt, refreshExpiresAt } = await approveSample(store());
      await happen();
      const before = await store().findGrant("grant-1");
      const later = { codeExpiresAt: codeExpiresAt + 1, refreshExpiresAt: refreshExpiresAt + 1 };
      expect(await store().approve(sampleApproval(later), APPROVED)).toEqual(before);
      expect(await store().findGrant("grant-1")).toEqual(before);
    });

    test("again does not revive a revoked grant or a redeemed code", async () => {
      await approveAndRedeem();
      await store().revokeGrant("grant-1", "operator", NOW, REVOKED);
      const again = await store().approve(sampleApproval(), APPROVED);
      expect(again).toMatchObject({ generation: 1, redeemedAt: NOW, revokedAt: NOW });
    });

    test("many times at once makes one grant", async () => {
      await many(10, (index) => store().approve(sampleApproval({ createdAt: START + index }), APPROVED));
      expect(await store().listGrants({})).toHaveLength(1);
    });
  });

  describe("approve, resting on an earlier approval", () => {
    const resting = (changes: Partial<Approval> = {}) =>
      store().approve(
        sampleApproval({ id: "grant-2", approvedAs: null, createdAt: NOW, restsOn: "grant-1", ...changes }),
        REMEMBERED,
      );

    test("keeps the grant, and its entry, while that one is live", async () => {
      await approveAndRedeem();
      expect(await resting()).toMatchObject({ id: "grant-2", approvedAs: null, generation: 0 });
      expect(await store().findGrant("grant-2")).toMatchObject({ redeemedAt: null });
      const audit = await store().readAudit({ order: "newest_first", limit: 10 });
      expect(audit.filter(({ event }) => event === "consent.remembered")).toHaveLength(1);
    });

    test("again is one grant, whose code lives longer", async () => {
      await approveAndRedeem();
      const first = await resting();
      const again = await resting({ codeExpiresAt: NOW + 90 * SECOND });
      expect(again).toEqual({ ...first, codeExpiresAt: NOW + 90 * SECOND });
      expect(await store().listGrants({})).toHaveLength(2);
    });

    test.each<[string, () => Promise<unknown>, Partial<Approval>]>([
      ["is not redeemed", async () => store().approve(sampleApproval(), APPROVED), {}],
      ["is not there", approveAndRedeem, { restsOn: "grant-0" }],
      ["is its own", approveAndRedeem, { id: "grant-3", restsOn: "grant-3" }],
      ["is another person's", approveAndRedeem, { person: { id: "grace" } }],
      [
        "was revoked",
        async () => {
          await approveAndRedeem();
          await store().revokeGrant("grant-1", "operator", NOW, REVOKED);
        },
        {},
      ],
      ["has a refresh token that has lapsed", approveAndRedeem, { createdAt: START + 30 * DAY }],
      [
        "has ended",
        async () => {
          await store().approve(sampleApproval({ endsAt: START + 2 * DAY }), APPROVED);
          await store().redeemCode("grant-1", START + 30 * DAY, NOW, REDEEMED);
        },
        { createdAt: START + 2 * DAY },
      ],
      [
        "is of a person who is disabled",
        async () => {
          await approveAndRedeem();
          await store().disablePerson("ada", NOW, PERSON_DISABLED);
        },
        {},
      ],
      [
        "is of a person who signed out since they signed in",
        async () => {
          await approveAndRedeem();
          await store().signOutPerson("ada", NOW, SIGNED_OUT);
        },
        {},
      ],
    ])("keeps nothing where that %s", async (_what, arrange, changes) => {
      await addSamplePerson(store(), "grace");
      await arrange();
      const before = await store().listGrants({});
      const audit = await store().readAudit({ order: "newest_first", limit: 20 });
      expect(await resting(changes)).toBeUndefined();
      expect(await store().listGrants({})).toEqual(before);
      expect(await store().readAudit({ order: "newest_first", limit: 20 })).toEqual(audit);
    });

    test("at once with its revocation, is there before it or not at all", async () => {
      await approveAndRedeem();
      const ids = Array.from({ length: 10 }, (_, index) => `grant-${index + 2}`);
      await Promise.all([
        ...ids.map((id) => resting({ id })),
        store().revokeGrant("grant-1", "operator", NOW, REVOKED),
      ]);
      expect(await resting({ id: "grant-99" })).toBeUndefined();
    });

    test("is not found among those with a click", async () => {
      await approveAndRedeem();
      await resting();
      await store().approve(sampleApproval({ id: "grant-3", clientId: "client-2" }), APPROVED);
      const found = await store().listGrants({ clientId: "client-1", personId: "ada", isClicked: true });
      expect(found.map(({ id }) => id)).toEqual(["grant-1"]);
    });
  });

  test("findGrant of an unknown id finds nothing", async () => {
    await store().approve(sampleApproval(), APPROVED);
    expect(await store().findGrant("GRANT-1")).toBeUndefined();
    expect(await store().findGrant("")).toBeUndefined();
  });

  describe("redeemCode (RFC 6749 §4.1.2: a code is used once)", () => {
    test("starts generation 1", async () => {
      await store().approve(sampleApproval(), APPROVED);
      const redeemed = await store().redeemCode("grant-1", LATER, NOW, REDEEMED);
      expect(redeemed).toMatchObject({
        redeemedAt: NOW,
        generation: 1,
        rotatedAt: NOW,
        refreshExpiresAt: LATER,
      });
      expect(await store().findGrant("grant-1")).toEqual(redeemed);
    });

    test("in parallel: exactly one wins", async () => {
      await store().approve(sampleApproval(), APPROVED);
      const answers = await many(20, () => store().redeemCode("grant-1", LATER, NOW, REDEEMED));
      expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
    });

    test("a second time changes nothing", async () => {
      await approveAndRedeem();
      const before = await store().findGrant("grant-1");
      expect(await store().redeemCode("grant-1", LATER, NOW + 1, REDEEMED)).toBeUndefined();
      expect(await store().findGrant("grant-1")).toEqual(before);
    });

    test("a code is good until the millisecond before it expires", async () => {
      const { codeExpiresAt } = await approveSample(store());
      expect(await store().redeemCode("grant-1", LATER, codeExpiresAt, REDEEMED)).toBeUndefined();
      expect(await store().redeemCode("grant-1", LATER, codeExpiresAt - 1, REDEEMED)).toBeDefined();
    });

    test("not of a revoked grant", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await store().revokeGrant("grant-1", "operator", NOW, REVOKED);
      expect(await store().redeemCode("grant-1", LATER, NOW, REDEEMED)).toBeUndefined();
      expect(await store().findGrant("grant-1")).toMatchObject({ redeemedAt: null, generation: 0 });
    });

    test("not of an unknown grant, and of no other than the one", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await store().approve(sampleApproval({ id: "grant-2" }), APPROVED);
      expect(await store().redeemCode("grant-3", LATER, NOW, REDEEMED)).toBeUndefined();
      await store().redeemCode("grant-2", LATER, NOW, REDEEMED);
      expect(await store().findGrant("grant-1")).toMatchObject({ redeemedAt: null });
    });
  });

  describe("rotateRefresh", () => {
    test("moves to the next generation", async () => {
      await approveAndRedeem();
      const rotated = await store().rotateRefresh(rotation(1, { now: NOW + 5 }));
      expect(rotated).toMatchObject({
        generation: 2,
        redeemedAt: NOW,
        rotatedAt: NOW + 5,
        refreshExpiresAt: LATER,
        unusedGeneration: 2,
      });
      expect(await store().findGrant("grant-1")).toEqual(rotated);
    });

    test("twenty times in parallel with one token: exactly one moves it", async () => {
      await approveAndRedeem();
      const answers = await many(20, () => store().rotateRefresh(rotation(1)));
      expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
      expect(await store().findGrant("grant-1")).toMatchObject({ generation: 2 });
    });

    test("an older generation changes nothing", async () => {
      await approveAndRedeem();
      await store().rotateRefresh(rotation(1));
      const before = await store().findGrant("grant-1");
      expect(await store().rotateRefresh(rotation(1))).toBeUndefined();
      expect(await store().rotateRefresh(rotation(0))).toBeUndefined();
      expect(await store().findGrant("grant-1")).toEqual(before);
    });

    test("a generation ahead of the row heals a lost write", async () => {
      await approveAndRedeem();
      expect(await store().rotateRefresh(rotation(7))).toMatchObject({
        generation: 8,
        redeemedAt: NOW,
        unusedGeneration: 8,
      });
    });

    test("where the row must have a generation at least, nothing behind it is healed", async () => {
      await approveAndRedeem();
      const before = await store().findGrant("grant-1");
      expect(await store().rotateRefresh(rotation(2, { atLeast: 2 }))).toBeUndefined();
      expect(await store().findGrant("grant-1")).toEqual(before);
      expect(await store().rotateRefresh(rotation(1, { atLeast: 1 }))).toMatchObject({ generation: 2 });
    });

    test("where a resource is given, it is the grant's own, byte for byte", async () => {
      const { resource } = await approveSample(store());
      await store().redeemCode("grant-1", LATER, NOW, REDEEMED);
      const before = await store().findGrant("grant-1");
      for (const other of [`${resource}/`, resource.toUpperCase(), ""]) {
        expect(await store().rotateRefresh(rotation(1, { resource: other }))).toBeUndefined();
      }
      expect(await store().findGrant("grant-1")).toEqual(before);
      expect(await store().rotateRefresh(rotation(1, { resource }))).toMatchObject({ generation: 2 });
    });

    test("a token for a grant whose redemption was lost heals that too", async () => {
      await store().approve(sampleApproval(), APPROVED);
      expect(await store().rotateRefresh(rotation(1))).toMatchObject({ generation: 2, redeemedAt: NOW });
      // The code is spent: it must not start a second life.
      expect(await store().redeemCode("grant-1", LATER, NOW, REDEEMED)).toBeUndefined();
    });

    test.each([
      { why: "another client", changes: { clientId: "client-2" } },
      { why: "no grant", changes: { id: "grant-2" } },
      { why: "the refresh token has expired", changes: { now: START + 30 * DAY } },
      {
        why: "the grant has ended",
        changes: { now: START + 365 * DAY, refreshExpiresAt: START + 400 * DAY },
      },
    ])("$why: refused, and nothing changes", async ({ changes }) => {
      await approveAndRedeem();
      const before = await store().findGrant("grant-1");
      expect(await store().rotateRefresh(rotation(1, changes))).toBeUndefined();
      expect(await store().findGrant("grant-1")).toEqual(before);
    });

    test("the end of the grant holds, however long the refresh token would live", async () => {
      await approveAndRedeem();
      await store().rotateRefresh(rotation(1, { refreshExpiresAt: START + 900 * DAY }));
      const late = { refreshExpiresAt: START + 900 * DAY };
      expect(await store().rotateRefresh(rotation(2, { ...late, now: START + 365 * DAY }))).toBeUndefined();
      expect(await store().rotateRefresh(rotation(2, { ...late, now: START + 365 * DAY - 1 }))).toBeDefined();
    });

    test("a revoked grant is never revived", async () => {
      await approveAndRedeem();
      await store().revokeGrant("grant-1", "refresh_reuse", NOW, REVOKED);
      for (const presented of [0, 1, 2, 9]) {
        expect(await store().rotateRefresh(rotation(presented))).toBeUndefined();
      }
      expect(await store().findGrant("grant-1")).toMatchObject({ generation: 1, revokedAt: NOW });
    });

    test("together with a revocation: whatever comes first, it ends revoked", async () => {
      await approveAndRedeem();
      const [first, , second] = await Promise.all([
        store().rotateRefresh(rotation(1)),
        store().revokeGrant("grant-1", "client_request", NOW, REVOKED),
        store().rotateRefresh(rotation(2)),
      ]);
      const generation = second?.generation ?? first?.generation ?? 1;
      expect(await store().findGrant("grant-1")).toMatchObject({ generation, revokedAt: NOW });
    });
  });

  describe("recordUses", () => {
    const use = (generation: number, grantId = "grant-1") => ({ grantId, generation });

    test("of the latest generation: it is not unused any more, and nothing else changes", async () => {
      await approveAndRedeem();
      const rotated = await store().rotateRefresh(rotation(1));
      await store().recordUses([use(2)], NOW + 9);
      const used = { ...rotated, unusedGeneration: null, usedAt: NOW + 9 };
      expect(await store().findGrant("grant-1")).toEqual(used);
      await store().recordUses([use(2)], NOW + 10);
      expect(await store().findGrant("grant-1")).toEqual(used);
    });

    test.each([1, 3, 0])("of generation %j, where 2 is the latest: nothing changes", async (generation) => {
      await approveAndRedeem();
      const rotated = await store().rotateRefresh(rotation(1));
      await store().recordUses([use(generation)], NOW + 9);
      expect(await store().findGrant("grant-1")).toEqual(rotated);
    });

    test("before the next rotation, which begins unused again", async () => {
      await approveAndRedeem();
      await store().rotateRefresh(rotation(1));
      await store().recordUses([use(2)], NOW + 9);
      const rotated = await store().rotateRefresh(rotation(2));
      expect(rotated).toMatchObject({ generation: 3, unusedGeneration: 3, usedAt: NOW + 9 });
    });

    test("of a grant without refresh tokens: the last time counts", async () => {
      await store().approve(sampleApproval(), APPROVED);
      for (const at of [NOW, NOW + 5]) {
        await store().recordUses([use(0)], at);
        expect(await store().findGrant("grant-1")).toMatchObject({ unusedGeneration: null, usedAt: at });
      }
    });

    test("of many grants at once, some of which are gone; the others stay as they are", async () => {
      const ids = Array.from({ length: 300 }, (_, index) => `grant-${index}`);
      for (const id of ids) await store().approve(sampleApproval({ id }), APPROVED);
      const used = ids.filter((_, index) => index % 2 === 0);
      await store().recordUses(
        [...used, "gone", "Robert'); --"].map((id) => use(0, id)),
        NOW,
      );
      const grants = await store().listGrants({});
      expect(
        grants
          .filter(({ usedAt }) => usedAt === NOW)
          .map(({ id }) => id)
          .sort(),
      ).toEqual(used.sort());
    });

    test("of no grant at all", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await store().recordUses([], NOW);
      expect(await store().findGrant("grant-1")).toMatchObject({ usedAt: null });
    });

    test("of a revoked grant, and together with rotations and revocations of the same ones", async () => {
      const ids = Array.from({ length: 40 }, (_, index) => `grant-${index}`);
      for (const id of ids) {
        await store().approve(sampleApproval({ id }), APPROVED);
        await store().redeemCode(id, LATER, NOW, REDEEMED);
        await store().rotateRefresh(rotation(1, { id }));
      }
      const uses = ids.map((id) => use(2, id));
      await Promise.all([
        store().recordUses(uses, NOW),
        ...ids.slice(0, 20).map((id) => store().rotateRefresh(rotation(2, { id }))),
        store().recordUses([...uses].reverse(), NOW),
        ...ids.slice(20).map((id) => store().revokeGrant(id, "operator", NOW, REVOKED)),
      ]);
      for (const grant of await store().listGrants({})) {
        expect(grant.unusedGeneration).toBe(grant.generation === 3 ? 3 : null);
      }
    });
  });

  describe("revokeGrant", () => {
    test("once: the first reason and time stay", async () => {
      await store().approve(sampleApproval(), APPROVED);
      expect(await store().revokeGrant("grant-1", "code_reuse", NOW, REVOKED)).toBe(true);
      expect(await store().revokeGrant("grant-1", "operator", NOW + 1, REVOKED)).toBe(false);
      expect(await store().findGrant("grant-1")).toMatchObject({
        revokedAt: NOW,
        revokedReason: "code_reuse",
      });
    });

    test("in parallel: one says that it did it", async () => {
      await store().approve(sampleApproval(), APPROVED);
      const answers = await many(10, () => store().revokeGrant("grant-1", "operator", NOW, REVOKED));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    test("of an unknown grant is false", async () => {
      expect(await store().revokeGrant("grant-1", "operator", NOW, REVOKED)).toBe(false);
    });

    test("revokes this grant alone, of all that the same person gave the same client", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await store().approve(sampleApproval({ id: "grant-2" }), APPROVED);
      await store().revokeGrant("grant-1", "refresh_reuse", NOW, REVOKED);
      expect(await store().findGrant("grant-2")).toMatchObject({ revokedAt: null, revokedReason: null });
    });
  });

  describe("listGrants", () => {
    const ids = async (filter: Parameters<Store["listGrants"]>[0]): Promise<string[]> =>
      (await store().listGrants(filter)).map((grant) => grant.id);

    test("newest first, by client, by person, and no more than asked", async () => {
      const eve = { id: "eve" };
      await addSamplePerson(store(), eve.id);
      await store().approve(sampleApproval({ id: "a", createdAt: START }), APPROVED);
      await store().approve(
        sampleApproval({ id: "b", createdAt: START + 2, clientId: "client-2" }),
        APPROVED,
      );
      await store().approve(sampleApproval({ id: "c", createdAt: START + 1, person: eve }), APPROVED);
      await store().approve(sampleApproval({ id: "d", createdAt: START + 3, person: eve }), APPROVED);
      expect(await ids({})).toEqual(["d", "b", "c", "a"]);
      expect(await ids({ clientId: "client-1" })).toEqual(["d", "c", "a"]);
      expect(await ids({ personId: "eve" })).toEqual(["d", "c"]);
      expect(await ids({ personId: "ada", clientId: "client-2" })).toEqual(["b"]);
      expect(await ids({ limit: 2 })).toEqual(["d", "b"]);
      expect(await ids({ clientId: "nobody" })).toEqual([]);
    });

    test("liveAt leaves out what is revoked or expired", async () => {
      for (const id of ["live", "revoked", "unredeemed", "idle", "ended"]) {
        const endsAt = id === "ended" ? START + DAY : START + 365 * DAY;
        await store().approve(sampleApproval({ id, endsAt }), APPROVED);
        if (id === "unredeemed") continue;
        await store().redeemCode(id, id === "idle" ? START + DAY : START + 30 * DAY, NOW, REDEEMED);
      }
      await store().revokeGrant("revoked", "operator", NOW, REVOKED);
      expect((await ids({ liveAt: NOW })).sort()).toEqual(["ended", "idle", "live", "unredeemed"]);
      expect((await ids({ liveAt: START + 60 * SECOND })).sort()).toEqual(["ended", "idle", "live"]);
      expect(await ids({ liveAt: START + DAY })).toEqual(["live"]);
    });
  });
}
