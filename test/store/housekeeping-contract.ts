import { describe, expect, test } from "vitest";
import type { StoreWithTodos } from "../../src/store/kysely-store.ts";
import { SECOND, START, sampleKey } from "./samples.ts";

export function housekeepingContract(store: () => StoreWithTodos): void {
  describe("signing keys", () => {
    const kids = async (): Promise<string[]> => (await store().listSigningKeys()).map((key) => key.kid);

    test("are kept as they came, in the order in which they came", async () => {
      await store().addSigningKey(sampleKey("b"));
      const retired = sampleKey("a", { signsUntil: START + 1, publishedUntil: START + 2 });
      await store().addSigningKey(retired);
      expect(await store().listSigningKeys()).toEqual([sampleKey("b"), retired]);
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
      await store().addSigningKey(sampleKey("b"));
      await store().retireSigningKeys("b", START, START + SECOND);
      await store().deleteExpired(START + SECOND, 10);
      expect((await store().addFirstSigningKey(sampleKey("c"))).map((key) => key.kid)).toEqual(["b"]);
    });

    test("one kid twice is refused", async () => {
      await store().addSigningKey(sampleKey("a"));
      await expect(store().addSigningKey(sampleKey("a"))).rejects.toThrow();
      expect(await kids()).toEqual(["a"]);
    });

    test("retiring ends the others; one that ends earlier is left as it is", async () => {
      const early = sampleKey("early", { signsUntil: START + 1, publishedUntil: START + 2 });
      await store().addSigningKey(early);
      await store().addSigningKey(sampleKey("current"));
      await store().addSigningKey(sampleKey("next"));
      await store().retireSigningKeys("next", START + 10, START + 20);
      expect(await store().listSigningKeys()).toEqual([
        early,
        sampleKey("current", { signsUntil: START + 10, publishedUntil: START + 20 }),
        sampleKey("next"),
      ]);
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
        expect(await store().useAssertion(clientId, jti, START)).toBe(true);
      }
    });
  });

  describe("to-do lists", () => {
    const todos = (): StoreWithTodos["todos"] => store().todos;

    test("are kept for each person, oldest first", async () => {
      const milk = await todos().createTodo("ada", "Milk", START);
      const tea = await todos().createTodo("ada", "Tea", START + 1);
      await todos().createTodo("eve", "Poison", START);
      expect(milk).toEqual({ id: expect.any(String), title: "Milk", createdAt: START });
      expect(await todos().listTodos("ada")).toEqual([milk, tea]);
      expect(await todos().listTodos("nobody")).toEqual([]);
    });

    test("nobody deletes what is another person's", async () => {
      const milk = await todos().createTodo("ada", "Milk", START);
      expect(await todos().deleteTodo("eve", milk.id)).toBe(false);
      expect(await todos().listTodos("ada")).toEqual([milk]);
      expect(await todos().deleteTodo("ada", milk.id)).toBe(true);
      expect(await todos().deleteTodo("ada", milk.id)).toBe(false);
      expect(await todos().listTodos("ada")).toEqual([]);
    });
  });

  test("a store that was opened lacks no migration", async () => {
    expect(await store().pendingMigrations()).toEqual([]);
  });

  test("ping resolves, and after close everything is refused", async () => {
    await store().ping();
    await store().close();
    await store().close();
    await expect(store().ping()).rejects.toThrow();
    await expect(store().useAssertion("client-1", "jti", START)).rejects.toThrow();
  });

  test("what waits when the store is closed is committed and answered", async () => {
    const written = store().useAssertion("client-1", "jti", START);
    await store().close();
    expect(await written).toBe(true);
  });
}
