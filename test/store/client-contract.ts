import { describe, expect, test } from "vitest";
import type { Client } from "../../src/core/client.ts";
import type { Store } from "../../src/store/store.ts";
import { DAY, START, sampleApproval, sampleClient, sampleDocument } from "./samples.ts";

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
      createdAt: START,
    };

    test.each([sampleClient(), bare])("$id is kept as it came", async (client) => {
      expect(await store().addClient(client)).toBe(true);
      expect(await store().findClient(client.id)).toEqual(client);
    });

    test("an id that is there stays with the client that has it", async () => {
      await store().addClient(sampleClient());
      expect(await store().addClient(sampleClient({ redirectUris: ["https://evil.example"] }))).toBe(false);
      expect(await store().findClient("client-1")).toEqual(sampleClient());
    });

    test("registered at once under one id: one is new", async () => {
      const answers = await Promise.all([1, 2, 3, 4].map(() => store().addClient(sampleClient())));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    test("an unknown id finds nothing", async () => {
      expect(await store().findClient("client-1")).toBeUndefined();
    });

    test("listClients has them newest first, with the grants that were not revoked", async () => {
      await store().addClient(sampleClient());
      await store().addClient(sampleClient({ id: "client-2", createdAt: START + 1 }));
      await store().saveDocument(sampleDocument());
      for (const id of ["a", "b", "c"]) await store().approve(sampleApproval({ id }));
      await store().revokeGrant("b", "operator", NOW);
      expect(await store().listClients()).toEqual([
        { ...sampleClient({ id: "client-2", createdAt: START + 1 }), liveGrants: 0 },
        { ...sampleClient(), liveGrants: 2 },
        { ...sampleDocument().client, liveGrants: 0 },
      ]);
    });
  });

  describe("removeClient", () => {
    test("removes it and revokes its grants, and no others", async () => {
      await store().addClient(sampleClient());
      await store().approve(sampleApproval({ id: "live" }));
      await store().approve(sampleApproval({ id: "revoked" }));
      await store().approve(sampleApproval({ id: "other", clientId: "client-2" }));
      await store().revokeGrant("revoked", "operator", START);
      expect(await store().removeClient("client-1", NOW)).toBe(true);
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
      await store().approve(sampleApproval());
      expect(await store().removeClient("client-1", NOW)).toBe(false);
      expect(await store().findGrant("grant-1")).toMatchObject({ revokedAt: null });
    });

    test("twice at once: one removed it", async () => {
      await store().addClient(sampleClient());
      const answers = await Promise.all([1, 2, 3].map(() => store().removeClient("client-1", NOW)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    test("removes a client that came by its metadata document", async () => {
      const { clientId } = sampleDocument();
      await store().saveDocument(sampleDocument());
      await store().approve(sampleApproval({ clientId }));
      expect(await store().removeClient(clientId, NOW)).toBe(true);
      expect(await store().findDocument(clientId)).toBeUndefined();
      expect(await store().findGrant("grant-1")).toMatchObject({ revokedReason: "client_removed" });
    });
  });

  describe("disableClient", () => {
    test("keeps the id, and revokes the grants of its client and no others", async () => {
      await store().addClient(sampleClient());
      await store().approve(sampleApproval({ id: "live" }));
      await store().approve(sampleApproval({ id: "other", clientId: "client-2" }));
      expect(await store().disableClient("client-1", NOW)).toBe(true);
      expect(await store().listDisabledClients()).toEqual([{ id: "client-1", disabledAt: NOW }]);
      expect(await store().findGrant("live")).toMatchObject({
        revokedAt: NOW,
        revokedReason: "client_disabled",
      });
      expect(await store().findGrant("other")).toMatchObject({ revokedAt: null });
      expect(await store().findClient("client-1")).toEqual(sampleClient());
    });

    test("of an id that no client has yet, and twice at once", async () => {
      const answers = await Promise.all([1, 2, 3].map(() => store().disableClient("client-9", NOW)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store().listDisabledClients()).toEqual([{ id: "client-9", disabledAt: NOW }]);
    });

    test("ends with enableClient, once", async () => {
      for (const id of ["a", "b"]) await store().disableClient(id, NOW);
      const answers = await Promise.all([1, 2, 3].map(() => store().enableClient("a")));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store().listDisabledClients()).toMatchObject([{ id: "b" }]);
    });

    test("outlasts the client", async () => {
      await store().addClient(sampleClient());
      await store().disableClient("client-1", NOW);
      await store().removeClient("client-1", NOW);
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
      await store().addClient(operators);
      await store().saveDocument(sampleDocument());
      expect(await store().findClient(clientId)).toEqual(operators);
      expect(await store().findDocument(clientId)).toBeUndefined();
    });
  });
}
