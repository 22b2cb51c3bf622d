import { describe, expect, test } from "vitest";
import type { FamiliarNetwork, Store } from "../../../src/store/store.ts";
import { DAY, START } from "./samples.ts";

export function familiarNetworkContract(store: () => Store): void {
  const HOME = { name: "ada", network: "home", person: "person-1", until: START + DAY };
  const remember = (changes: Partial<FamiliarNetwork> = {}, now = START) =>
    store().rememberNetwork({ ...HOME, ...changes }, now);
  const isFamiliar = (name: string, network: string, now = START) =>
    store().isFamiliarNetwork(name, network, now);

  describe("familiar networks", () => {
    test("are those that were remembered for exactly this name, until their end", async () => {
      expect(await isFamiliar("ada", "home")).toBe(false);
      expect(await remember()).toBe(true);
      expect(await isFamiliar("ada", "home")).toBe(true);
      expect(await isFamiliar("ADA", "home")).toBe(false);
      expect(await isFamiliar("ada", "office")).toBe(false);
      expect(await isFamiliar("ada", "home", START + DAY - 1)).toBe(true);
      expect(await isFamiliar("ada", "home", START + DAY)).toBe(false);
    });

    test("stay so from the latest time on", async () => {
      await remember();
      expect(await remember({ until: START + 2 * DAY }, START + 1)).toBe(true);
      expect(await isFamiliar("ada", "home", START + 2 * DAY - 1)).toBe(true);
    });

    test("of one name are one person's: for another one nothing is remembered, there or elsewhere", async () => {
      await remember();
      const other = { person: "person-2", until: START + 3 * DAY };
      expect(await remember(other)).toBe(false);
      expect(await remember({ ...other, network: "elsewhere" })).toBe(false);
      expect(await isFamiliar("ada", "elsewhere")).toBe(false);
      expect(await isFamiliar("ada", "home", START + DAY)).toBe(false);
      expect(await remember({ network: "office" })).toBe(true);
      expect(await remember({ ...other, name: "ADA" })).toBe(true);
    });

    test("whose time is over leave the name to another person", async () => {
      await remember();
      const other = { person: "person-2", until: START + 3 * DAY };
      expect(await remember(other, START + DAY)).toBe(true);
      expect(await isFamiliar("ada", "home", START + DAY)).toBe(true);
      expect(await remember({ until: START + 3 * DAY }, START + DAY)).toBe(false);
    });

    test("are deleted once their time is over, a few at a time", async () => {
      for (const network of ["a", "b", "c"]) await remember({ network });
      await remember({ network: "later", until: START + 2 * DAY });
      expect(await store().deleteExpired(START + DAY - 1, 2)).toEqual({ deleted: 0, more: false });
      expect(await store().deleteExpired(START + DAY, 2)).toEqual({ deleted: 2, more: true });
      expect(await store().deleteExpired(START + DAY, 2)).toEqual({ deleted: 1, more: false });
      expect(await isFamiliar("ada", "later", START + DAY)).toBe(true);
    });
  });
}
