import { describe, expect, test } from "vitest";
import {
  APPROVED,
  DAY,
  KEY_ROTATED,
  REDEEMED,
  REVOKED,
  SECOND,
  SECRET_ROTATED,
  START,
  sampleApproval,
  sampleKey,
} from "./samples.ts";
import type { TestStore } from "./test-store.ts";

/** What replacing the master secret needs: keys that are sealed anew, and every grant, page by page. */
export function replacementContract(store: () => TestStore): void {
  describe("resealSigningKey", () => {
    test("changes the ciphertext of one key and nothing else", async () => {
      await store().addFirstSigningKey(sampleKey("a"));
      await store().addSigningKey(sampleKey("b"), START + SECOND, KEY_ROTATED);
      expect(
        await store().resealSigningKey(
          { kid: "a", before: "sealed a", sealed: "sealed anew" },
          SECRET_ROTATED,
        ),
      ).toBe(true);
      expect(await store().listSigningKeys()).toEqual([
        sampleKey("a", {
          sealedPrivateJwk: "sealed anew",
          signsUntil: START,
          publishedUntil: START + SECOND,
        }),
        sampleKey("b"),
      ]);
    });

    test("changes nothing where another process was first, or the key is gone", async () => {
      await store().addFirstSigningKey(sampleKey("a"));
      const [first, second] = await Promise.all([
        store().resealSigningKey({ kid: "a", before: "sealed a", sealed: "one" }, SECRET_ROTATED),
        store().resealSigningKey({ kid: "a", before: "sealed a", sealed: "two" }, SECRET_ROTATED),
      ]);
      expect([first, second].filter(Boolean)).toHaveLength(1);
      expect((await store().listSigningKeys())[0]?.sealedPrivateJwk).toBe(first ? "one" : "two");
      expect(
        await store().resealSigningKey({ kid: "gone", before: "sealed gone", sealed: "x" }, SECRET_ROTATED),
      ).toBe(false);
    });
  });

  describe("replaceSigningKeys", () => {
    test("leaves the one key", async () => {
      for (const kid of ["a", "b", "c"])
        await store().addSigningKey(sampleKey(kid), START + SECOND, KEY_ROTATED);
      await store().replaceSigningKeys(sampleKey("new"), SECRET_ROTATED);
      expect(await store().listSigningKeys()).toEqual([sampleKey("new")]);
      await store().addSigningKey(sampleKey("next"), START + SECOND, KEY_ROTATED);
      expect((await store().listSigningKeys()).map(({ kid }) => kid)).toEqual(["new", "next"]);
    });
  });

  describe("every grant, a page at a time", () => {
    const approve = (id: string, endsAt = START + 365 * DAY) =>
      store().approve(sampleApproval({ id, endsAt }), APPROVED);
    const redeem = (id: string, refreshExpiresAt: number, now = START) =>
      store().redeemCode(id, refreshExpiresAt, now, REDEEMED);

    test("revokes the live ones and leaves what was revoked before as it was", async () => {
      const ids = ["a", "b", "c", "d", "e"];
      for (const id of ids) await approve(id);
      await store().revokeGrant("b", "refresh_reuse", START, REVOKED);
      const pages: (string | undefined)[] = [""];
      for (let last = pages[0]; last !== undefined; pages.push(last)) {
        last = await store().revokeNextGrants(last, 2, START + SECOND, REVOKED);
      }
      expect(pages).toEqual(["", "b", "d", "e", undefined]);
      for (const id of ids) {
        const { revokedAt, revokedReason } = (await store().findGrant(id)) ?? {};
        expect({ revokedAt, revokedReason }).toEqual(
          id === "b"
            ? { revokedAt: START, revokedReason: "refresh_reuse" }
            : { revokedAt: START + SECOND, revokedReason: "operator" },
        );
      }
    });

    test("ends no grant beyond its page", async () => {
      for (const id of ["a", "b", "c"]) await approve(id);
      await store().revokeNextGrants("a", 1, START, REVOKED);
      const grants = await store().listGrants({});
      expect(grants.filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id)).toEqual(["b"]);
    });

    test("counts the refresh tokens that are good and were made by then, and says when the last one ends", async () => {
      const now = START + 10 * SECOND;
      await approve("a unredeemed");
      for (const id of ["b", "c", "d refreshed since", "e expired", "f revoked"]) await approve(id);
      await approve("g ended", now);
      await redeem("b", START + 2 * DAY);
      await redeem("c", START + 3 * DAY);
      await redeem("d refreshed since", START + 9 * DAY, now - SECOND);
      await redeem("e expired", now);
      await redeem("f revoked", START + 9 * DAY);
      await redeem("g ended", START + 9 * DAY);
      await store().revokeGrant("f revoked", "operator", START, REVOKED);
      const count = (after: string, limit: number, madeUntil: number) =>
        store().countRefreshTokens({ after, limit, madeUntil, now });
      expect(await count("", 100, now - SECOND - 1)).toEqual({
        last: "g ended",
        count: 2,
        lastEndsAt: START + 3 * DAY,
      });
      expect(await count("", 100, now - SECOND)).toMatchObject({ count: 3, lastEndsAt: START + 9 * DAY });
      expect(await count("", 2, now)).toEqual({ last: "b", count: 1, lastEndsAt: START + 2 * DAY });
      expect(await count("e", 100, now)).toEqual({ last: "g ended", count: 0, lastEndsAt: null });
      expect(await count("g ended", 100, now)).toBeUndefined();
    });
  });
}
