import { describe, expect, test } from "vitest";
import { openClients } from "../../../test/support/known-clients.ts";
import { DISABLED, REMOVED } from "../../../test/support/store/samples.ts";
import type { Client } from "../../core/client.ts";
import { preregisteredClient } from "../../core/preregistered-client.ts";
import { createClients } from "./clients.ts";
import { openDisabledClients } from "./disabled-clients.ts";

const catalogue = { descriptions: new Map([["mcp", "Use the tools"]]) };
const described = (id: string, name: string): Client =>
  preregisteredClient({ id, name, redirectUris: ["https://a.example/cb"] }, { catalogue }, 0);

describe("finding a client", () => {
  test("one of the options comes before one of the same id in the store", async () => {
    const rig = await openClients({ clients: [described("app", "From the options")] });
    await rig.store.addClient(described("app", "From the store"), "unaudited");
    expect((await rig.clients.find("app"))?.name).toBe("From the options");
  });

  test("one that is not there is undefined, and found as soon as it is", async () => {
    const rig = await openClients();
    expect(await rig.clients.find("app")).toBeUndefined();
    await rig.store.addClient(described("app", "App"), "unaudited");
    expect((await rig.clients.find("app"))?.name).toBe("App");
  });

  test.each(["", "\u0000", "a".repeat(10_000), "__proto__", "constructor", "' OR 1=1 --", "%"])(
    "no id finds what is not there: %j",
    async (id) => {
      const rig = await openClients();
      await rig.store.addClient(described("app", "App"), "unaudited");
      expect(await rig.clients.find(id)).toBeUndefined();
    },
  );
});

describe("the memory of clients", () => {
  test("invalidates one, or all, when told, and by itself after a minute", async () => {
    const rig = await openClients();
    const invalidations = [
      () => rig.clients.invalidate("app"),
      () => rig.clients.invalidateAll(),
      () => rig.pass(60_001),
    ];
    for (const invalidate of invalidations) {
      await rig.store.addClient(described("app", "App"), "unaudited");
      expect(await rig.clients.find("app")).toBeDefined();
      await rig.store.removeClient("app", rig.clock(), REMOVED);
      invalidate();
      expect(await rig.clients.find("app")).toBeUndefined();
    }
  });

  test("does not keep what was read before it was told to invalidate it", async () => {
    const rig = await openClients();
    await rig.store.addClient(described("app", "App"), "unaudited");
    const [begun, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const findClient = async (id: string) => {
      const found = await rig.store.findClient(id);
      begun.resolve();
      await answer.promise;
      return found;
    };
    const clients = createClients({ ...rig, store: { ...rig.store, findClient } });
    const reading = clients.find("app");
    await begun.promise;
    clients.invalidateAll();
    answer.resolve();
    expect(await reading).toBeDefined();
    await rig.store.removeClient("app", rig.clock(), REMOVED);
    expect(await clients.find("app")).toBeUndefined();
  });

  test("is not asked while changes by others may be missed: one that is removed or disabled is so at once", async () => {
    let isUpToDate = true;
    const rig = await openClients();
    const disabled = await openDisabledClients(rig.store, () => isUpToDate);
    const clients = createClients({ ...rig, disabled, isUpToDate: () => isUpToDate });
    for (const id of ["removed", "disabled"]) {
      await rig.store.addClient(described(id, "App"), "unaudited");
      expect(await clients.find(id)).toBeDefined();
    }
    isUpToDate = false;
    await rig.store.removeClient("removed", rig.clock(), REMOVED);
    await rig.store.disableClient("disabled", rig.clock(), DISABLED);
    expect(await clients.find("removed")).toBeUndefined();
    await expect(clients.find("disabled")).rejects.toMatchObject({ code: "unauthorized_client" });
    expect(await clients.isKnown("disabled")).toBe(false);
  });
});
