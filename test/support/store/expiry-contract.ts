import { describe, expect, test } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import {
  APPROVED,
  DAY,
  KEY_ROTATED,
  REDEEMED,
  REMOVED,
  REVOKED,
  SECOND,
  START,
  sampleApproval,
  sampleClient,
  sampleDocument,
  sampleKey,
} from "./samples.ts";

const REDEEMED_AT = START + SECOND;

export function expiryContract(store: () => Store): void {
  const isThere = async (id: string): Promise<boolean> => (await store().findGrant(id)) !== undefined;
  const sweep = async (now: number, limit = 100): Promise<number> => {
    let total = 0;
    for (let more = true; more; ) {
      const done = await store().deleteExpired(now, limit);
      total += done.deleted;
      more = done.more;
    }
    return total;
  };
  /** It is there until the millisecond before, and gone at that time. */
  const expectDeletedAt = async (id: string, time: number): Promise<void> => {
    await sweep(time - 1);
    expect(await isThere(id)).toBe(true);
    await sweep(time);
    expect(await isThere(id)).toBe(false);
  };

  describe("deleteExpired: a grant goes a day after its end, when no access token of it can be left", () => {
    test("where nobody redeemed the code", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await expectDeletedAt("grant-1", START + 60 * SECOND + DAY);
    });

    test("where the refresh token was not used in time", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await store().redeemCode("grant-1", START + 30 * DAY, REDEEMED_AT, REDEEMED);
      await expectDeletedAt("grant-1", START + 31 * DAY);
    });

    test("where the grant came to its end, however far the refresh token reaches", async () => {
      await store().approve(sampleApproval({ endsAt: START + 3 * DAY }), APPROVED);
      await store().redeemCode("grant-1", START + 30 * DAY, REDEEMED_AT, REDEEMED);
      await expectDeletedAt("grant-1", START + 4 * DAY);
    });

    test("where it was revoked, and not before: it must still say so", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await store().redeemCode("grant-1", START + 30 * DAY, REDEEMED_AT, REDEEMED);
      await sweep(START + 2 * DAY);
      await store().revokeGrant("grant-1", "operator", START + 5 * DAY, REVOKED);
      await expectDeletedAt("grant-1", START + 6 * DAY);
    });

    test("where its client was removed", async () => {
      await store().addClient(sampleClient(), "unaudited");
      await store().approve(sampleApproval(), APPROVED);
      await store().redeemCode("grant-1", START + 30 * DAY, REDEEMED_AT, REDEEMED);
      await sweep(START + 2 * DAY);
      await store().removeClient("client-1", START + 5 * DAY, REMOVED);
      await expectDeletedAt("grant-1", START + 6 * DAY);
    });

    test("but never while it is refreshed in time", async () => {
      await store().approve(sampleApproval(), APPROVED);
      await store().redeemCode("grant-1", START + 30 * DAY, REDEEMED_AT, REDEEMED);
      for (let day = 20, presented = 1; day <= 360; day += 20, presented += 1) {
        const now = START + day * DAY;
        await sweep(now);
        const rotation = { id: "grant-1", clientId: "client-1", presented, now };
        expect(await store().rotateRefresh({ ...rotation, refreshExpiresAt: now + 30 * DAY })).toBeDefined();
      }
      await expectDeletedAt("grant-1", START + 366 * DAY);
    });
  });

  describe("deleteExpired: clients", () => {
    const isKnown = async (id: string): Promise<boolean> => (await store().findClient(id)) !== undefined;

    test("a registration that nobody approved goes after a week", async () => {
      await store().addClient(sampleClient(), "unaudited");
      expect(await sweep(START + 7 * DAY - 1)).toBe(0);
      expect(await sweep(START + 7 * DAY)).toBe(1);
      expect(await isKnown("client-1")).toBe(false);
    });

    test("one with a grant stays, and goes some time after its last grant went", async () => {
      await store().addClient(sampleClient(), "unaudited");
      await store().approve(sampleApproval(), APPROVED);
      await store().redeemCode("grant-1", START + 30 * DAY, REDEEMED_AT, REDEEMED);
      for (const day of [8, 16, 24, 30]) {
        await sweep(START + day * DAY);
        expect(await isKnown("client-1")).toBe(true);
      }
      await sweep(START + 40 * DAY);
      expect(await isKnown("client-1")).toBe(false);
    });

    test("a pre-registered one stays", async () => {
      await store().addClient(sampleClient({ origin: "preregistered" }), "unaudited");
      await sweep(START + 9999 * DAY);
      expect(await isKnown("client-1")).toBe(true);
    });

    test("a metadata document goes when it was not fetched for 90 days and has no grant", async () => {
      const { clientId } = sampleDocument();
      await store().saveDocument(sampleDocument());
      await sweep(START + 89 * DAY);
      const fetchedAt = START + 89 * DAY;
      await store().saveDocument(sampleDocument({ fetchedAt }));
      await sweep(fetchedAt + 90 * DAY - 1);
      expect(await isKnown(clientId)).toBe(true);
      await store().approve(
        sampleApproval({ clientId, createdAt: fetchedAt, codeExpiresAt: fetchedAt + 89 * DAY + SECOND }),
        APPROVED,
      );
      await sweep(fetchedAt + 90 * DAY);
      expect(await isKnown(clientId)).toBe(true);
      await sweep(fetchedAt + 98 * DAY);
      expect(await isKnown(clientId)).toBe(false);
    });
  });

  test("deleteExpired: an assertion can be forgotten once it has expired, and not before", async () => {
    await store().useAssertion("client-1", "early", START);
    await store().useAssertion("client-1", "late", START + 1);
    expect(await sweep(START)).toBe(1);
    expect(await store().useAssertion("client-1", "late", START)).toBe(false);
    expect(await store().useAssertion("client-1", "early", START)).toBe(true);
  });

  test("deleteExpired: a signing key goes when it is no longer published", async () => {
    await store().addFirstSigningKey(sampleKey("old"));
    await store().addSigningKey(sampleKey("current"), START + DAY, KEY_ROTATED);
    expect(await sweep(START + DAY - 1)).toBe(0);
    expect(await sweep(START + DAY)).toBe(1);
    expect((await store().listSigningKeys()).map((key) => key.kid)).toEqual(["current"]);
  });

  test("deleteExpired works in batches, and live rows that are looked at do not hide expired ones", async () => {
    for (let index = 0; index < 30; index += 1) {
      const id = `grant-${index}`;
      await store().approve(sampleApproval({ id }), APPROVED);
      if (index % 3 > 0) await store().redeemCode(id, START + 30 * DAY, REDEEMED_AT, REDEEMED);
    }
    const now = START + 2 * DAY;
    const first = await store().deleteExpired(now, 4);
    expect(first.deleted).toBeLessThanOrEqual(4);
    expect(first.more).toBe(true);
    expect(first.deleted + (await sweep(now, 4))).toBe(10);
    expect(await store().deleteExpired(now, 4)).toEqual({ deleted: 0, more: false });
    const left = (await store().listGrants({})).map((grant) => Number(grant.id.slice(6)) % 3);
    expect(left).toHaveLength(20);
    expect(left).not.toContain(0);
  });
}
