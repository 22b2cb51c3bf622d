import { describe, expect, test } from "vitest";
import type { Approval, EndedGrant } from "../../../src/store/grant-records.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  addSamplePerson,
  approveSample,
  CLIENT_GRANTED,
  DAY,
  PERSON_DISABLED,
  REDEEMED,
  SECOND,
  SIGNED_OUT,
  START,
  sampleApproval,
  sampleClient,
  sampleEntry,
} from "./samples.ts";

const NOW = START + SECOND;

/** What a person is shown of the grants that they have, and of those that they had. */
export function grantTimelineContract(store: () => Store): void {
  const idsOf = (grants: readonly { readonly id: string }[]) => grants.map(({ id }) => id);
  const program = (id: string, person: string) =>
    store().grantToProgram(sampleApproval({ id, person: { id: person }, redirectUri: "" }), CLIENT_GRANTED);

  describe("listGrants, by page", () => {
    test("goes on after a grant, also among those of one millisecond", async () => {
      const made: readonly Partial<Approval>[] = [
        { id: "c", createdAt: START },
        { id: "a", createdAt: START },
        { id: "b", createdAt: START },
        { id: "d", createdAt: START - 1 },
        { id: "e", createdAt: START + 1 },
      ];
      for (const changes of made) await approveSample(store(), changes);
      const filter = { personId: "ada", liveAt: NOW, limit: 2 };
      const pages: string[][] = [];
      for (let after: { createdAt: number; id: string } | undefined; ; ) {
        const page = await store().listGrants({ ...filter, ...(after && { after }) });
        if (page.length === 0) break;
        pages.push(idsOf(page) as string[]);
        after = page.at(-1);
      }
      expect(pages).toEqual([["e", "a"], ["b", "c"], ["d"]]);
    });

    test("has of the named ones those of the person, also where they have ended", async () => {
      await addSamplePerson(store(), "grace");
      await approveSample(store(), { id: "hers", person: { id: "grace" } });
      await approveSample(store(), { id: "live" });
      await approveSample(store(), { id: "ended" });
      await approveSample(store(), { id: "not asked for" });
      await store().revokeGrant("ended", "operator", NOW, sampleEntry("grant.revoked"));
      const filter = { personId: "ada", ids: ["hers", "live", "ended", "nothing"] };
      expect(idsOf(await store().listGrants(filter)).toSorted()).toEqual(["ended", "live"]);
      expect(await store().listGrants({ ...filter, ids: [] })).toEqual([]);
    });

    test("has no grant of a program whose id a person has", async () => {
      await approveSample(store(), { id: "approved" });
      await program("own", "ada");
      expect(idsOf(await store().listGrants({ personId: "ada" }))).toEqual(["approved", "own"]);
      expect(idsOf(await store().listGrants({ personId: "ada", isPersons: true }))).toEqual(["approved"]);
    });
  });

  test("what ends the grants of a person leaves that of a program with their id", async () => {
    await approveSample(store());
    await program("own", "ada");
    await store().revokePersonsGrants("ada", "person", NOW, sampleEntry("grant.revoked"));
    expect(await store().findGrant("grant-1")).toMatchObject({ revokedAt: NOW, revokedReason: "person" });
    await store().signOutPerson("ada", NOW, SIGNED_OUT);
    await store().disablePerson("ada", NOW, PERSON_DISABLED);
    expect(await store().findGrant("own")).toMatchObject({ revokedAt: null });
  });

  test("recordRefusal keeps the last one, and changes nothing else", async () => {
    const grant = await approveSample(store());
    expect(grant).toMatchObject({ refusedAt: null, refusal: null });
    await approveSample(store(), { id: "grant-2" });
    await store().recordRefusal("grant-1", "verifier_mismatch", NOW);
    await store().recordRefusal("grant-1", "code_expired", NOW + 1);
    expect(await store().findGrant("grant-1")).toEqual({
      ...grant,
      refusedAt: NOW + 1,
      refusal: "code_expired",
    });
    expect(await store().findGrant("grant-2")).toMatchObject({ refusedAt: null, refusal: null });
    await store().recordRefusal("nothing", "expired", NOW);
    expect(await store().redeemCode("grant-1", NOW + DAY, NOW, REDEEMED)).toMatchObject({
      refusal: "code_expired",
    });
  });

  describe("findGrantEnds", () => {
    const approved = (id: string, changes: Partial<EndedGrant> = {}): EndedGrant => ({
      id,
      clientId: "client-1",
      approvedAt: START,
      ...changes,
    });
    const operator = { operator: "root", address: "command line" } as const;

    test("says when and why each ended, by the entry of each", async () => {
      for (const id of ["one", "two", "live"]) await approveSample(store(), { id });
      const entry = (grant: string, reason: "person" | "refresh_reuse", at: number) =>
        sampleEntry("grant.revoked", { at, fields: { grant, reason } });
      await store().revokeGrant("one", "person", NOW, entry("one", "person", NOW));
      await store().revokeGrant("two", "refresh_reuse", NOW, entry("two", "refresh_reuse", NOW + 1));
      await store().deleteExpired(NOW + 2 * DAY, 10);
      const ends = await store().findGrantEnds(["one", "two", "live", "nothing"].map((id) => approved(id)));
      expect([...ends]).toEqual([
        ["one", { at: NOW, reason: "person" }],
        ["two", { at: NOW + 1, reason: "refresh_reuse" }],
      ]);
      expect([...(await store().findGrantEnds([]))]).toEqual([]);
    });

    test("says that the operator removed or disabled the client, and not what came before the approval", async () => {
      await store().addClient(sampleClient(), "unaudited");
      const said = (
        event: "client.removed" | "client.disabled" | "client.enabled",
        at: number,
        client: string,
      ) => store().recordAudit(sampleEntry(event, { at, fields: { client, ...operator } }));
      await said("client.disabled", START - 5, "client-1");
      await said("client.enabled", START - 4, "client-1");
      await said("client.disabled", NOW, "client-1");
      await said("client.removed", NOW + 5, "client-1");
      await said("client.removed", NOW + 1, "client-2");
      const ends = await store().findGrantEnds([
        approved("before", { approvedAt: START - 10 }),
        approved("between"),
        approved("after", { approvedAt: NOW + 1 }),
        approved("other", { clientId: "client-2" }),
        approved("later", { approvedAt: NOW + 6 }),
      ]);
      expect(Object.fromEntries(ends)).toEqual({
        before: { at: START - 5, reason: "client_disabled" },
        between: { at: NOW, reason: "client_disabled" },
        after: { at: NOW + 5, reason: "client_removed" },
        other: { at: NOW + 1, reason: "client_removed" },
      });
    });

    test("says that the operator ended all there were, and not of one that ended before", async () => {
      for (const id of ["one", "two"]) await approveSample(store(), { id });
      await store().revokeGrant(
        "one",
        "client_request",
        NOW,
        sampleEntry("grant.revoked", { at: NOW, fields: { grant: "one", reason: "client_request" } }),
      );
      const ofAll = {
        at: NOW + 1,
        event: "grant.revoked",
        fields: { reason: "operator", ...operator },
      } as const;
      await store().revokeNextGrants("", 10, NOW + 1, ofAll);
      expect(
        Object.fromEntries(await store().findGrantEnds(["one", "two"].map((id) => approved(id)))),
      ).toEqual({
        one: { at: NOW, reason: "client_request" },
        two: { at: NOW + 1, reason: "operator" },
      });
    });

    test("takes no entry about another person for one about all", async () => {
      const fields = {
        grant: "other",
        client: "client-1",
        person: "grace",
        reason: "operator",
        ...operator,
      } as const;
      await store().recordAudit(sampleEntry("grant.revoked", { at: NOW, fields }));
      await store().recordAudit(sampleEntry("person.disabled", { at: NOW, fields: { person: "grace" } }));
      expect([...(await store().findGrantEnds([approved("one")]))]).toEqual([]);
    });
  });
}
