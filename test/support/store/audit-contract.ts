import { beforeEach, describe, expect, test } from "vitest";
import type { AuditEntry, AuditedEvent, AuditRecord } from "../../../src/core/events.ts";
import type { AuditPage, Store } from "../../../src/store/store.ts";
import {
  APPROVED,
  DISABLED,
  ENABLED,
  KEY_ROTATED,
  REDEEMED,
  REMOVED,
  REVOKED,
  SECOND,
  SECRET_ROTATED,
  START,
  sampleApproval,
  sampleClient,
  sampleEntry,
  sampleKey,
} from "./samples.ts";

const NOW = START + SECOND;

export function auditContract(store: () => Store): void {
  const read = (page: Partial<AuditPage> = {}): Promise<readonly AuditRecord[]> =>
    store().readAudit({ order: "oldest_first", limit: 1000, ...page });
  const events = async (): Promise<readonly string[]> => (await read()).map(({ event }) => event);
  const personOf = ({ fields }: AuditRecord) => fields.person;

  // Of the sample person.
  beforeEach(async () => {
    await store().deleteAudit(NOW, 10);
  });

  describe("the audit log", () => {
    test.each<readonly [string, AuditEntry]>([
      ["a sign-in that failed", sampleEntry("sign_in.failed")],
      ["a client that was removed", sampleEntry("client.removed")],
      [
        "characters of every kind",
        sampleEntry("grant.revoked", {
          fields: {
            client: "https://client.example/metadata",
            person: "日本 \" ' \\",
            address: "2001:db8::1",
            correlationId: "abcdef",
            reason: "client_request",
          },
        }),
      ],
      ["a list", sampleEntry("consent.approved", { fields: { scopes: ["mcp", "todo:read"] } })],
    ])("keeps an entry as it came: %s", async (_what, entry) => {
      await store().recordAudit(entry);
      const [record] = await read();
      expect(record).toEqual({ ...entry, id: expect.any(Number), outcome: expect.any(String) });
    });

    test("says beside what an event carries how many were left out before it", async () => {
      const entry = sampleEntry("sign_in.failed");
      await store().recordAudit({ ...entry, omitted: 3 });
      expect((await read())[0]?.fields).toEqual({ ...entry.fields, omitted: 3 });
    });

    test("says what each event came to", async () => {
      for (const event of ["sign_in.failed", "consent.denied", "consent.approved"] as const) {
        await store().recordAudit(sampleEntry(event));
      }
      expect((await read()).map(({ outcome }) => outcome)).toEqual(["refused", "denied", "ok"]);
    });

    test("keeps of an address no more than an address can be", async () => {
      await store().recordAudit(sampleEntry("sign_in.ok", { fields: { address: "x".repeat(16_000) } }));
      const [record] = await read();
      expect(record?.fields.address?.length).toBeLessThanOrEqual(100);
    });
  });

  describe("an entry is written with the change that it is about, and without it not at all", () => {
    const added = sampleEntry("client.added");
    const unwritable = <Name extends AuditedEvent>(from: AuditEntry<Name>): AuditEntry<Name> => ({
      ...from,
      at: null as unknown as number,
    });

    test("approve: one for the approval, none for the second click", async () => {
      await store().approve(sampleApproval(), APPROVED);
      expect(await read()).toMatchObject([APPROVED]);
      await store().approve(sampleApproval({ codeExpiresAt: START + 90 * SECOND }), APPROVED);
      await store().approve(sampleApproval({ scopes: ["everything"] }), APPROVED);
      expect(await events()).toHaveLength(1);
    });

    test("approve many times at once: one", async () => {
      await Promise.all(Array.from({ length: 10 }, () => store().approve(sampleApproval(), APPROVED)));
      expect(await events()).toHaveLength(1);
    });

    test("redeemCode: for the one that won", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await Promise.all([1, 2, 3, 4].map(() => store().redeemCode("grant-1", START, NOW, REDEEMED)));
      expect(await events()).toEqual(["consent.approved", "code.redeemed"]);
    });

    test("revokeGrant: for the first one", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await Promise.all([1, 2, 3].map(() => store().revokeGrant("grant-1", "operator", NOW, REVOKED)));
      expect(await store().revokeGrant("nothing", "operator", NOW, REVOKED)).toBe(false);
      expect(await events()).toEqual(["consent.approved", "grant.revoked"]);
    });

    test("addClient: where it is new", async () => {
      await store().addClient(sampleClient(), added);
      await store().addClient(sampleClient(), added);
      expect(await events()).toHaveLength(1);
    });

    test("removeClient: where there was one, however many grants end with it", async () => {
      expect(await store().removeClient("client-1", NOW, REMOVED)).toBe(false);
      await store().addClient(sampleClient(), "unaudited");
      for (const id of ["a", "b"]) await store().approve(sampleApproval({ id }), APPROVED);
      await Promise.all([1, 2].map(() => store().removeClient("client-1", NOW, REMOVED)));
      expect(await events()).toEqual(["consent.approved", "consent.approved", "client.removed"]);
    });

    test("removeClient of more grants than one commit ends: each commit has its own", async () => {
      await store().addClient(sampleClient(), "unaudited");
      for (let made = 0; made < 2001; made += 300) {
        const ids = Array.from({ length: Math.min(300, 2001 - made) }, (_, i) => `grant-${made + i}`);
        await Promise.all(ids.map((id) => store().approve(sampleApproval({ id }), APPROVED)));
      }
      const removal = sampleEntry("client.removed", { fields: { client: "client-1" } });
      await expect(store().removeClient("client-1", NOW, unwritable(removal))).rejects.toThrow();
      expect(await store().listGrants({ clientId: "client-1", liveAt: NOW })).toHaveLength(2001);
      await store().removeClient("client-1", NOW, removal);
      const ended = (await read({ limit: 3000 })).filter(({ event }) => event !== "consent.approved");
      expect(ended).toMatchObject([
        { event: "grant.revoked", fields: { client: "client-1", reason: "client_removed" } },
        removal,
      ]);
    });

    test("disableClient and enableClient: where they changed something", async () => {
      await store().approve(sampleApproval(), APPROVED);
      for (let times = 0; times < 2; times += 1) await store().disableClient("client-1", NOW, DISABLED);
      expect(await events()).toEqual(["consent.approved", "client.disabled"]);
      for (let times = 0; times < 2; times += 1) await store().enableClient("client-1", ENABLED);
      expect(await events()).toEqual(["consent.approved", "client.disabled", "client.enabled"]);
    });

    test("revokeNextGrants: one for all that it revoked", async () => {
      for (const id of ["a", "b", "c"]) await store().approve(sampleApproval({ id }), APPROVED);
      const revocations = async () => (await events()).filter((event) => event === "grant.revoked");
      await store().revokeNextGrants("", 2, NOW, REVOKED);
      await store().revokeNextGrants("", 2, NOW, REVOKED);
      expect(await revocations()).toHaveLength(1);
      await store().revokeNextGrants("b", 2, NOW, REVOKED);
      expect(await revocations()).toHaveLength(2);
    });

    test("resealSigningKey: where it was sealed as before", async () => {
      await store().addFirstSigningKey(sampleKey("a"));
      const change = { kid: "a", before: "sealed a", sealed: "sealed anew" };
      await Promise.all([1, 2].map(() => store().resealSigningKey(change, SECRET_ROTATED)));
      expect(await events()).toHaveLength(1);
    });

    test("addSigningKey, and not where its kid was taken", async () => {
      await store().addSigningKey(sampleKey("a"), START, KEY_ROTATED);
      await expect(store().addSigningKey(sampleKey("a"), START, KEY_ROTATED)).rejects.toThrow();
      await store().replaceSigningKeys(sampleKey("b"), SECRET_ROTATED);
      expect(await events()).toHaveLength(2);
    });

    test("where the entry cannot be written, the change is not made", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await store().approve(sampleApproval({ id: "grant-2" }), APPROVED);
      await store().redeemCode("grant-2", START, NOW, REDEEMED);
      await store().addClient(sampleClient(), "unaudited");
      await store().addFirstSigningKey(sampleKey("a"));
      const before = await everything(store());
      const written = await events();

      const attempts = [
        store().recordAudit(unwritable(APPROVED)),
        store().approve(sampleApproval({ id: "grant-3" }), unwritable(APPROVED)),
        store().redeemCode("grant-1", START, NOW, unwritable(REDEEMED)),
        store().revokeGrant("grant-2", "operator", NOW, unwritable(REVOKED)),
        store().addClient(sampleClient({ id: "client-2" }), unwritable(added)),
        store().removeClient("client-1", NOW, unwritable(REMOVED)),
        store().disableClient("client-1", NOW, unwritable(DISABLED)),
        store().addSigningKey(sampleKey("b"), START, unwritable(KEY_ROTATED)),
        store().replaceSigningKeys(sampleKey("c"), unwritable(SECRET_ROTATED)),
        store().revokeNextGrants("", 10, NOW, unwritable(REVOKED)),
        store().resealSigningKey(
          { kid: "a", before: "sealed a", sealed: "anew" },
          unwritable(SECRET_ROTATED),
        ),
      ];
      expect((await Promise.allSettled(attempts)).map(({ status }) => status)).toEqual(
        attempts.map(() => "rejected"),
      );
      expect(await everything(store())).toEqual(before);
      expect(await events()).toEqual(written);
    });
  });

  describe("readAudit", () => {
    const write = async (...people: readonly [person: string, at: number][]): Promise<void> => {
      for (const [person, at] of people)
        await store().recordAudit(sampleEntry("sign_in.ok", { at, fields: { person } }));
    };

    test("is by time, and at one time in the order in which rows were written", async () => {
      await write(["b", NOW], ["a", START], ["c", NOW]);
      expect((await read()).map(personOf)).toEqual(["a", "b", "c"]);
      expect((await read({ order: "newest_first" })).map(personOf)).toEqual(["c", "b", "a"]);
    });

    test("has only what is of a person, a client or a grant", async () => {
      for (const id of ["1", "2"]) {
        const fields = { person: `ada${id}`, client: `client${id}`, grant: `grant${id}` };
        await store().recordAudit(sampleEntry("consent.approved", { fields }));
      }
      await store().recordAudit(KEY_ROTATED);
      for (const kind of ["person", "client", "grant"] as const) {
        const [first] = await read();
        const rows = await read({ concerning: { kind, id: String(first?.fields[kind]) } });
        expect(rows.map(personOf), kind).toEqual(["ada1"]);
        expect(await read({ concerning: { kind, id: "nobody" } })).toEqual([]);
      }
    });

    test("begins at `since` and ends before `until`", async () => {
      await write(["a", START], ["b", START + 1], ["c", START + 2]);
      expect((await read({ since: START + 1 })).map(personOf)).toEqual(["b", "c"]);
      expect((await read({ until: START + 1 })).map(personOf)).toEqual(["a"]);
      expect((await read({ since: START + 1, until: START + 2 })).map(personOf)).toEqual(["b"]);
    });

    test.each(["oldest_first", "newest_first"] as const)("goes on where a page ended (%s)", async (order) => {
      await write(["a", START], ["b", START], ["c", START], ["d", START - 1], ["e", START + 1]);
      const all = await read({ order });
      const pages: AuditRecord[] = [];
      for (;;) {
        const [row, ...others] = await read({ order, limit: 1, from: pages.at(-1) });
        expect(others).toEqual([]);
        if (!row) break;
        pages.push(row);
      }
      expect(pages).toEqual(all);
      expect(pages).toHaveLength(5);
    });
  });

  test("auditAfter has what was written later, in that order, whatever the clocks say", async () => {
    for (const at of [NOW, START, NOW]) await store().recordAudit(sampleEntry("sign_in.ok", { at }));
    const [first, second, third] = await store().auditAfter(0, 10);
    expect([first?.at, second?.at, third?.at]).toEqual([NOW, START, NOW]);
    expect(await store().auditAfter(first?.id ?? 0, 10)).toEqual([second, third]);
    expect(await store().auditAfter(first?.id ?? 0, 1)).toEqual([second]);
    expect(await store().auditAfter(third?.id ?? 0, 10)).toEqual([]);
  });

  test("deleteAudit takes the oldest away, in small parts, and no number is given twice", async () => {
    for (const at of [START, START + 1, NOW]) await store().recordAudit(sampleEntry("sign_in.ok", { at }));
    const last = (await store().auditAfter(0, 10)).at(-1);
    expect(await store().deleteAudit(NOW, 1)).toBe(1);
    expect((await read()).map(({ at }) => at)).toEqual([START + 1, NOW]);
    expect(await store().deleteAudit(NOW, 10)).toBe(1);
    expect(await store().deleteAudit(NOW, 10)).toBe(0);
    expect(await store().deleteAudit(NOW + 1, 10)).toBe(1);
    await store().recordAudit(sampleEntry("sign_in.ok"));
    expect((await read()).at(0)?.id).toBeGreaterThan(last?.id ?? Number.POSITIVE_INFINITY);
  });
}

async function everything(store: Store): Promise<readonly unknown[]> {
  return [await store.listGrants({}), await store.listClients(), await store.listSigningKeys()];
}
