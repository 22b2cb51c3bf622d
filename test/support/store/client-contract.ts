import { describe, expect, test } from "vitest";
import type { Client } from "../../../src/core/client.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  APPROVED,
  DAY,
  DISABLED,
  ENABLED,
  REMOVED,
  REVOKED,
  START,
  sampleApproval,
  sampleClient,
  sampleDocument,
} from "./samples.ts";

const NOW = START + 1000;

export function clientContract(store: () => Store): void {
  describe("clients", () => {
    const bare: Client = {
      id: "bare",
      origin: "preregistered",
      name: null,
      redirectUris: [],
      authenticationMethod: "client_secret_basic",
      secretHash: "hash",
      jwks: null,
      jwksUri: "https://client.example/jwks",
      grantTypes: [],
      scopes: [],
      clientUri: null,
      logoUri: "https://client.example/logo.png",
      applicationType: "web",
      remembersConsent: true,
      createdAt: START,
    };

    test.each([sampleClient(), bare])("$id is kept as it came", async (client) => {
      expect(await store().addClient(client, "unaudited")).toBe(true);
      expect(await store().findClient(client.id)).toEqual(client);
    });

    test("an id that is there stays with the client that has it", async () => {
      await store().addClient(sampleClient(), "unaudited");
      expect(
        await store().addClient(sampleClient({ redirectUris: ["https://evil.example"] }), "unaudited"),
      ).toBe(false);
      expect(await store().findClient("client-1")).toEqual(sampleClient());
    });

    test("registered at once under one id: one is new", async () => {
      const answers = await Promise.all(
        [1, 2, 3, 4].map(() => store().addClient(sampleClient(), "unaudited")),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    test("an unknown id finds nothing", async () => {
      expect(await store().findClient("client-1")).toBeUndefined();
    });

    test("listClients has them newest first, with the grants that were not revoked", async () => {
      await store().addClient(sampleClient(), "unaudited");
      await store().addClient(sampleClient({ id: "client-2", createdAt: START + 1 }), "unaudited");
      await store().saveDocument(sampleDocument());
      for (const id of ["a", "b", "c"]) await store().approve(sampleApproval({ id }), APPROVED);
      await store().revokeGrant("b", "operator", NOW, REVOKED);
      expect(await store().listClients()).toEqual([
        { ...sampleClient({ id: "client-2", createdAt: START + 1 }), liveGrants: 0 },
        { ...sampleClient(), liveGrants: 2 },
        { ...sampleDocument().client, liveGrants: 0 },
      ]);
    });
  });

  describe("removeClient", () => {
    test("removes it and revokes its grants, and no others", async () => {
      await store().addClient(sampleClient(), "unaudited");
      await store().approve(sampleApproval({ id: "live" }), APPROVED);
      await store().approve(sampleApproval({ id: "revoked" }), APPROVED);
      await store().approve(sampleApproval({ id: "other", clientId: "client-2" }), APPROVED);
      await store().revokeGrant("revoked", "operator", START, REVOKED);
      expect(await store().removeClient("client-1", NOW, REMOVED)).toBe(true);
      expect(await store().findClient("client-1")).toBeUndefined();
      expect(await store().findGrant("live")).toMatchObject({
        revokedAt: NOW,
        revokedReason: "client_removed",
      });
      expect(await store().findGrant("revoked")).toMatchObject({
        revokedAt: START,
        revokedReason: "operator",
      });
      expect(await store().findGrant("other")).toMatchObject({ revokedAt: null });
    });

    test("where there is none, it is false and nothing changes", async () => {
      await store().approve(sampleApproval(), APPROVED);
      expect(await store().removeClient("client-1", NOW, REMOVED)).toBe(false);
      expect(await store().findGrant("grant-1")).toMatchObject({ revokedAt: null });
    });

    test("twice at once: one removed it", async () => {
      await store().addClient(sampleClient(), "unaudited");
      const answers = await Promise.all([1, 2, 3].map(() => store().removeClient("client-1", NOW, REMOVED)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    test("removes a client that came by its metadata document", async () => {
      const { clientId } = sampleDocument();
      await store().saveDocument(sampleDocument());
      await store().approve(sampleApproval({ clientId }), APPROVED);
      expect(await store().removeClient(clientId, NOW, REMOVED)).toBe(true);
      expect(await store().findDocument(clientId)).toBeUndefined();
      expect(await store().findGrant("grant-1")).toMatchObject({ revokedReason: "client_removed" });
    });
  });

  describe("trimUnapprovedClients", () => {
    const add = (id: string, createdAt: number, changes: Partial<Client> = {}) =>
      store().addClient(sampleClient({ id, createdAt, ...changes }), "unaudited");
    const left = async () => (await store().listClients()).map(({ id }) => id).sort();

    test("deletes the oldest until so many are left, and says what there is", async () => {
      for (const [index, id] of ["c", "a", "d", "b"].entries()) await add(id, START + index);
      expect(await store().trimUnapprovedClients(4, NOW)).toEqual({ count: 4, oldestAt: START });
      expect(await store().trimUnapprovedClients(2, NOW)).toEqual({ count: 2, oldestAt: START + 2 });
      expect(await left()).toEqual(["b", "d"]);
      expect(await store().trimUnapprovedClients(0, NOW)).toEqual({ count: 0, oldestAt: null });
    });

    test("but none that came later than it says", async () => {
      for (let index = 0; index < 4; index += 1) await add(`client-${index}`, START + index);
      expect(await store().trimUnapprovedClients(0, START + 1)).toEqual({ count: 2, oldestAt: START + 2 });
      expect(await left()).toEqual(["client-2", "client-3"]);
    });

    test("counts and deletes no client that has, or has had, a grant, nor one that did not register itself", async () => {
      await add("live", START);
      await add("revoked", START);
      await add("operators", START, { origin: "preregistered" });
      await add("stranger", START);
      await store().saveDocument(sampleDocument());
      for (const clientId of ["live", "revoked"]) {
        await store().approve(sampleApproval({ id: clientId, clientId }), APPROVED);
      }
      await store().revokeGrant("revoked", "operator", NOW, REVOKED);
      expect(await store().trimUnapprovedClients(1, NOW)).toEqual({ count: 1, oldestAt: START });
      expect(await store().trimUnapprovedClients(0, NOW)).toEqual({ count: 0, oldestAt: null });
      expect(await left()).toEqual([sampleDocument().clientId, "live", "operators", "revoked"].sort());
    });

    test("leaves one that was removed and came back while the grants of before are there", async () => {
      await add("back", START);
      await store().approve(sampleApproval({ clientId: "back" }), APPROVED);
      await store().removeClient("back", NOW, REMOVED);
      await add("back", START + 1);
      await add("stranger", START + 2);
      expect(await store().trimUnapprovedClients(1, NOW)).toEqual({ count: 1, oldestAt: START + 1 });
      expect(await left()).toEqual(["back"]);
    });

    test("several times at once deletes no more than needed", async () => {
      for (let index = 0; index < 20; index += 1) await add(`client-${index}`, START + index);
      await Promise.all([1, 2, 3].map(() => store().trimUnapprovedClients(10, NOW)));
      expect(await left()).toEqual(Array.from({ length: 10 }, (_, index) => `client-${10 + index}`));
    });

    test("and an approval at the same moment: whoever approved a client that is there keeps it", async () => {
      for (let index = 0; index < 20; index += 1) await add(`client-${index}`, START + index);
      const approve = (index: number) =>
        store().approve(sampleApproval({ id: `grant-${index}`, clientId: `client-${index}` }), APPROVED);
      await Promise.all([
        ...Array.from({ length: 10 }, (_, index) => approve(index)),
        store().trimUnapprovedClients(0, NOW),
        ...Array.from({ length: 10 }, (_, index) => approve(10 + index)),
      ]);
      expect(await store().trimUnapprovedClients(0, NOW)).toMatchObject({ count: 0 });
    });
  });

  describe("disableClient", () => {
    test("keeps the id, and revokes the grants of its client and no others", async () => {
      await store().addClient(sampleClient(), "unaudited");
      await store().approve(sampleApproval({ id: "live" }), APPROVED);
      await store().approve(sampleApproval({ id: "other", clientId: "client-2" }), APPROVED);
      expect(await store().disableClient("client-1", NOW, DISABLED)).toBe(true);
      expect(await store().listDisabledClients()).toEqual([{ id: "client-1", disabledAt: NOW }]);
      expect(await store().findGrant("live")).toMatchObject({
        revokedAt: NOW,
        revokedReason: "client_disabled",
      });
      expect(await store().findGrant("other")).toMatchObject({ revokedAt: null });
      expect(await store().findClient("client-1")).toEqual(sampleClient());
    });

    test("of an id that no client has yet, and twice at once", async () => {
      const answers = await Promise.all(
        [1, 2, 3].map(() => store().disableClient("client-9", NOW, DISABLED)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store().listDisabledClients()).toEqual([{ id: "client-9", disabledAt: NOW }]);
    });

    test("ends with enableClient, once", async () => {
      for (const id of ["a", "b"]) await store().disableClient(id, NOW, DISABLED);
      const answers = await Promise.all([1, 2, 3].map(() => store().enableClient("a", ENABLED)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store().listDisabledClients()).toMatchObject([{ id: "b" }]);
    });

    test("outlasts the client", async () => {
      await store().addClient(sampleClient(), "unaudited");
      await store().disableClient("client-1", NOW, DISABLED);
      await store().removeClient("client-1", NOW, REMOVED);
      expect(await store().listDisabledClients()).toMatchObject([{ id: "client-1" }]);
    });
  });

  describe("client ID metadata documents", () => {
    test("are kept as they were fetched", async () => {
      expect(await store().findDocument(sampleDocument().clientId)).toBeUndefined();
      await store().saveDocument(sampleDocument());
      expect(await store().findDocument(sampleDocument().clientId)).toEqual(sampleDocument());
    });

    test("a later copy takes the place of the earlier one; when we met the client stays", async () => {
      const { clientId } = sampleDocument();
      await store().saveDocument(sampleDocument());
      const client = sampleClient({
        id: clientId,
        origin: "metadata_document",
        name: null,
        redirectUris: ["https://new.example"],
        createdAt: START + DAY,
      });
      const later = { clientId, client, fetchedAt: START + DAY, freshUntil: START + 2 * DAY };
      await store().saveDocument(later);
      expect(await store().findDocument(clientId)).toEqual({
        ...later,
        client: { ...client, createdAt: START },
      });
    });

    test("a document never takes the place of a client that was made otherwise", async () => {
      const { clientId } = sampleDocument();
      const redirectUris = ["https://operators.example/callback"];
      const operators = sampleClient({ id: clientId, origin: "preregistered", redirectUris });
      await store().addClient(operators, "unaudited");
      await store().saveDocument(sampleDocument());
      expect(await store().findClient(clientId)).toEqual(operators);
      expect(await store().findDocument(clientId)).toBeUndefined();
    });
  });
}
