import { describe, expect, test } from "vitest";
import { KEY_ROTATED, SECOND, START, sampleKey } from "./samples.ts";
import type { TestStore } from "./test-store.ts";

export function housekeepingContract(store: () => TestStore): void {
  describe("signing keys", () => {
    test("are kept as they came, in the order in which they came", async () => {
      const retired = sampleKey("b", { signsUntil: START - 1, publishedUntil: START });
      await store().addFirstSigningKey(retired);
      await store().addSigningKey(sampleKey("a"), START + SECOND, KEY_ROTATED);
      expect(await store().listSigningKeys()).toEqual([retired, sampleKey("a")]);
    });

    test("the first key is made once: everybody gets the one that won", async () => {
      const answers = await Promise.all(
        ["a", "b", "c"].map((kid) => store().addFirstSigningKey(sampleKey(kid))),
      );
      const [winner] = await store().listSigningKeys();
      expect(answers).toEqual([[winner], [winner], [winner]]);
    });

    test("where keys are, none is the first any more, not even once the first one is gone", async () => {
      await store().addFirstSigningKey(sampleKey("a"));
      await store().addSigningKey(sampleKey("b"), START + SECOND, KEY_ROTATED);
      await store().deleteExpired(START + SECOND, 10);
      expect((await store().addFirstSigningKey(sampleKey("c"))).map((key) => key.kid)).toEqual(["b"]);
    });

    test("one kid twice is refused, and nothing is retired for it", async () => {
      await store().addFirstSigningKey(sampleKey("a"));
      await store().addSigningKey(sampleKey("b"), START + SECOND, KEY_ROTATED);
      const before = await store().listSigningKeys();
      await expect(store().addSigningKey(sampleKey("a"), START + SECOND, KEY_ROTATED)).rejects.toThrow();
      expect(await store().listSigningKeys()).toEqual(before);
    });

    test("one that is added ends the others; one that ends earlier is left as it is", async () => {
      const current = sampleKey("current", { signsFrom: START + 1 });
      const next = sampleKey("next", { signsFrom: START + 10 });
      await store().addFirstSigningKey(sampleKey("early"));
      await store().addSigningKey(current, START + 2, KEY_ROTATED);
      await store().addSigningKey(next, START + 20, KEY_ROTATED);
      expect(await store().listSigningKeys()).toEqual([
        sampleKey("early", { signsUntil: START + 1, publishedUntil: START + 2 }),
        { ...current, signsUntil: START + 10, publishedUntil: START + 20 },
        next,
      ]);
    });

    test("of those that are added at once, all are there, and the last one goes on", async () => {
      await store().addFirstSigningKey(sampleKey("first"));
      const added = Array.from({ length: 4 }, (_, index) => sampleKey(`${index}`));
      await Promise.all(added.map((key) => store().addSigningKey(key, START + SECOND, KEY_ROTATED)));
      const [last, ...others] = (await store().listSigningKeys()).toReversed();
      expect(last?.signsUntil).toBeNull();
      expect(others).toHaveLength(added.length);
      for (const { signsUntil, publishedUntil } of others) {
        expect({ signsUntil, publishedUntil }).toEqual({
          signsUntil: START,
          publishedUntil: START + SECOND,
        });
      }
    });
  });

  describe("useAssertion (RFC 7523 §3: a jti is used once)", () => {
    test("the second use is refused", async () => {
      expect(await store().useAssertion("client-1", "jti", START)).toBe(true);
      expect(await store().useAssertion("client-1", "jti", START + SECOND)).toBe(false);
    });

    test("at once: one is the first", async () => {
      const uses = await Promise.all([1, 2, 3, 4].map(() => store().useAssertion("client-1", "jti", START)));
      expect(uses.filter(Boolean)).toHaveLength(1);
    });

    test("each client has its own, and no two pairs are mixed up", async () => {
      const pairs = [
        ["client-1", "jti"],
        ["client-2", "jti"],
        ["client-1", "JTI"],
        ["client-1j", "ti"],
      ] as const;
      for (const [clientId, jti] of pairs) {
        expect(await store().isAssertionUsed(clientId, jti)).toBe(false);
        expect(await store().useAssertion(clientId, jti, START)).toBe(true);
        expect(await store().isAssertionUsed(clientId, jti)).toBe(true);
      }
    });
  });

  test("a store that was opened lacks no migration", async () => {
    expect(await store().pendingMigrations()).toEqual([]);
  });

  test("ping resolves, and after close everything is refused", async () => {
    await store().ping();
    await store().probeWrites();
    await store().close();
    await store().close();
    await expect(store().ping()).rejects.toThrow();
    await expect(store().probeWrites()).rejects.toThrow();
    await expect(store().useAssertion("client-1", "jti", START)).rejects.toThrow();
  });

  test("what waits when the store is closed is committed and answered", async () => {
    const written = store().useAssertion("client-1", "jti", START);
    await store().close();
    expect(await written).toBe(true);
  });
}
