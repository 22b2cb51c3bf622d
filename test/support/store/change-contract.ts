import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RemoteChange } from "../../../src/store/change-feed.ts";
import {
  APPROVED,
  addSamplePerson,
  DAY,
  DISABLED,
  ENABLED,
  IDENTITY_LINKED,
  IDENTITY_UNLINKED,
  KEY_ROTATED,
  PERSON_ADDED,
  REDEEMED,
  REMOVED,
  REVOKED,
  SIGNED_IN,
  START,
  sampleApproval,
  sampleClient,
  sampleDocument,
  sampleKey,
  samplePerson,
  sampleSignIn,
  UPSTREAM_CONNECTED,
  UPSTREAM_DISCONNECTED,
} from "./samples.ts";
import type { TestStore } from "./test-store.ts";
import { sampleUpstream } from "./upstream-contract.ts";

/** What one process hears of the others. A database's own tests say how several processes open the same one. */
export function changeContract(
  name: string,
  openAll: (count: number) => Promise<readonly TestStore[]>,
): void {
  describe(`what other processes change, on ${name}`, () => {
    let ours: TestStore;
    let theirs: TestStore;
    let others: TestStore;
    let told: RemoteChange[];
    beforeEach(async () => {
      [ours, theirs, others] = (await openAll(3)) as [TestStore, TestStore, TestStore];
      await addSamplePerson(others);
      told = [];
    });
    afterEach(() => Promise.all([ours, theirs, others].map((store) => store.close())));

    const follow = (store = ours, changes = told) =>
      store.followChanges({ changed: (news) => changes.push(...news), caughtUp() {}, interrupted() {} });
    /** Fails only where it is never told. */
    const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 });
    const revocation = (id: string): RemoteChange => ({ kind: "grant_revoked", id });

    test("a revoked grant is told", async () => {
      follow();
      await theirs.approve(sampleApproval(), APPROVED);
      await theirs.revokeGrant("grant-1", "operator", START, REVOKED);
      await soon(() => expect(told).toEqual([revocation("grant-1")]));
    });

    test("a removed client is told, and each of its grants", async () => {
      follow();
      await theirs.addClient(sampleClient(), "unaudited");
      for (const id of ["a", "b"]) await theirs.approve(sampleApproval({ id }), APPROVED);
      await theirs.approve(sampleApproval({ id: "another's", clientId: "client-2" }), APPROVED);
      await theirs.removeClient("client-1", START, REMOVED);
      const removal: RemoteChange = { kind: "client_removed", id: "client-1" };
      await soon(() => expect(told).toHaveLength(3));
      expect(told).toEqual(expect.arrayContaining([revocation("a"), revocation("b"), removal]));
    });

    test("that an id is disabled is told, and that it is not any more", async () => {
      follow();
      await theirs.disableClient("client-1", START, DISABLED);
      await theirs.enableClient("client-1", ENABLED);
      await soon(() => {
        expect(told).toEqual([
          { kind: "client_disabled", id: "client-1" },
          { kind: "client_enabled", id: "client-1" },
        ]);
      });
    });

    test("signing keys are told, whatever happens to them", async () => {
      follow();
      const change: RemoteChange = { kind: "signing_keys" };
      await theirs.addFirstSigningKey(sampleKey("a"));
      await soon(() => expect(told).toEqual([change]));
      // One key comes, and another is retired.
      await theirs.addSigningKey(sampleKey("b"), START, KEY_ROTATED);
      await soon(() => expect(told).toEqual([change, change, change]));
      await theirs.deleteExpired(START + 100 * DAY, 10);
      await soon(() => expect(told).toEqual([change, change, change, change]));
    });

    test("that an identity was linked or unlinked is told, and not that one signs in for the first time", async () => {
      follow();
      const okta = { method: "oidc", issuer: "https://okta.example", subject: "00u1" };
      const person = { id: "p-1" };
      const first = { identity: { ...okta, subject: "00u2" }, personId: "p-1", isNew: true, person };
      await theirs.signIn(sampleSignIn(first), SIGNED_IN);
      await theirs.addPerson(samplePerson("grace"), PERSON_ADDED);
      const change: RemoteChange = { kind: "person_changed", id: "ada" };
      await theirs.addIdentity({ ...okta, personId: "ada", label: "ada", now: START }, IDENTITY_LINKED);
      await soon(() => expect(told).toEqual([change]));
      await theirs.removeIdentity("ada", okta, samplePerson().identity, IDENTITY_UNLINKED);
      await soon(() => expect(told).toEqual([change, change]));
    });

    test("that a service was connected anew, ended or is dead is told, and not a refresh, nor the first connection", async () => {
      follow();
      const change: RemoteChange = { kind: "upstream_changed", id: "ada" };
      const one = { personId: "ada", upstream: "github", version: "version-1", now: START };
      await theirs.saveUpstreamCredential(sampleUpstream(), UPSTREAM_CONNECTED);
      await theirs.touchUpstreamCredential("ada", "github", START);
      await theirs.beginUpstreamRefresh({ ...one, until: START + 1 });
      const refreshed = {
        before: "version-1",
        version: "version-2",
        sealed: "x",
        scopes: [],
        expiresAt: null,
      };
      expect(await theirs.replaceUpstreamTokens({ ...one, ...refreshed })).toBe(true);
      await theirs.resealUpstreamCredential({ ...one, before: "x", sealed: "y" });
      // In the same millisecond.
      await theirs.saveUpstreamCredential(sampleUpstream(), UPSTREAM_CONNECTED);
      await soon(() => expect(told).toEqual([change]));
      await theirs.endUpstreamCredential(one);
      await soon(() => expect(told).toEqual([change, change]));
      await theirs.removeUpstreamCredential(one, UPSTREAM_DISCONNECTED);
      await soon(() => expect(told).toEqual([change, change, change]));
    });

    test("what nobody keeps in memory is not told", async () => {
      follow();
      await theirs.addClient(sampleClient(), "unaudited");
      await theirs.saveDocument(sampleDocument());
      await theirs.approve(sampleApproval(), APPROVED);
      await theirs.redeemCode("grant-1", START + DAY, START, REDEEMED);
      const rotation = { id: "grant-1", clientId: "client-1", presented: 1, now: START };
      expect(await theirs.rotateRefresh({ ...rotation, refreshExpiresAt: START + DAY })).toBeDefined();
      await theirs.useAssertion("client-1", "jti", START);
      await theirs.revokeGrant("grant-1", "operator", START, REVOKED);
      expect(await theirs.revokeGrant("grant-1", "operator", START, REVOKED)).toBe(false);
      await soon(() => expect(told).toEqual([revocation("grant-1")]));
    });

    test("of many at once, by several processes, none is missed, by whoever follows", async () => {
      const theirNews: RemoteChange[] = [];
      follow();
      follow(theirs, theirNews);
      const ids = Array.from({ length: 100 }, (_, index) => `grant-${index}`);
      await Promise.all(ids.map((id) => others.approve(sampleApproval({ id }), APPROVED)));
      await Promise.all(
        ids.map((id, index) => (index % 2 ? theirs : others).revokeGrant(id, "operator", START, REVOKED)),
      );
      const heard = (changes: readonly RemoteChange[]) =>
        new Set(changes.map((change) => change.kind === "grant_revoked" && change.id));
      await soon(() => expect(heard(told)).toEqual(new Set(ids)));
      await soon(() => expect(heard(theirNews).size).toBeGreaterThanOrEqual(ids.length / 2));
      expect(told).toHaveLength(ids.length);
    });

    test("it is said again and again how far that goes", async () => {
      const until = performance.now();
      const caughtUp = vi.fn();
      const stop = ours.followChanges({ changed() {}, caughtUp, interrupted() {} });
      await soon(() => expect(caughtUp.mock.lastCall?.[0]).toBeGreaterThan(until));
      const calls = caughtUp.mock.calls.length;
      await soon(() => expect(caughtUp.mock.calls.length).toBeGreaterThan(calls));
      stop();
    });

    test("who has stopped is told no more", async () => {
      const stopped: RemoteChange[] = [];
      follow(ours, stopped)();
      follow();
      await theirs.approve(sampleApproval(), APPROVED);
      await theirs.revokeGrant("grant-1", "operator", START, REVOKED);
      await soon(() => expect(told).toHaveLength(1));
      expect(stopped).toEqual([]);
    });
  });
}
