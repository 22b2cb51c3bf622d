import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  APPROVED,
  addSamplePerson,
  REDEEMED,
  REMOVED,
  REVOKED,
  START,
  sampleApproval,
  sampleClient,
  sampleDocument,
} from "../../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../../test/support/store/test-store.ts";

let folder: string;
let file: string;
let store: TestStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-cost-"));
  file = join(folder, "a.db");
  store = await openTestStore({ database: file });
  await addSamplePerson(store);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** An index that has these clients alone, of which there is a limited number. */
const UNAPPROVED = "SCAN clients USING COVERING INDEX clients_unapproved_since";

test("no verb that a request or the janitor uses reads a whole table of clients or grants", async () => {
  const prepare = vi.spyOn(DatabaseSync.prototype, "prepare");
  const rotation = { id: "grant-1", clientId: "client-1", presented: 1, refreshExpiresAt: START, now: START };
  await store.addClient(sampleClient(), "unaudited");
  await store.trimUnapprovedClients(0, START - 1);
  await store.findClient("client-1");
  await store.saveDocument(sampleDocument());
  await store.findDocument("client-1");
  await store.approve(sampleApproval(), APPROVED);
  await store.findGrant("grant-1");
  await store.redeemCode("grant-1", START, START, REDEEMED);
  await store.rotateRefresh(rotation);
  await store.recordUses([{ grantId: "grant-1", generation: 2 }], START);
  await store.revokeGrant("grant-1", "operator", START, REVOKED);
  await store.listGrants({ clientId: "client-1" });
  await store.listGrants({ personId: "ada", liveAt: START, limit: 5 });
  await store.listGrants({ personId: "ada", ids: ["grant-1", "grant-2"] });
  await store.recordRefusal("grant-1", "revoked", START);
  await store.findGrantEnds([{ id: "grant-1", clientId: "client-1", approvedAt: START }]);
  await store.removeClient("client-1", START, REMOVED);
  await store.useAssertion("client-1", "jti", START);
  await store.isAssertionUsed("client-1", "jti");
  await store.deleteExpired(START, 10);
  await store.deleteAudit(START, 10);
  await store.readAudit({ concerning: { kind: "grant", id: "grant-1" }, order: "oldest_first", limit: 5 });
  await store.readAudit({ since: START, order: "newest_first", limit: 5 });
  await store.auditAfter(0, 5);
  const texts = prepare.mock.calls.map(([sql]) => sql);
  prepare.mockRestore();

  expect(texts.length).toBeGreaterThan(20);
  const database = new DatabaseSync(file);
  for (const sql of texts) {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    const scans = plan.map(({ detail }) => String(detail)).filter((detail) => detail.startsWith("SCAN"));
    // The second is what the statement was given.
    expect(
      scans.filter(
        (scan) => scan !== "SCAN signing_keys" && scan !== UNAPPROVED && !scan.startsWith("SCAN json_each "),
      ),
      sql,
    ).toEqual([]);
  }
  database.close();
});

test("the lists that begin with the newest read no more than what they show", async () => {
  const prepare = vi.spyOn(DatabaseSync.prototype, "prepare");
  await store.listGrants({ limit: 5 });
  const after = { id: "grant-1", createdAt: START };
  await store.listGrants({ personId: "ada", isPersons: true, liveAt: START, after, limit: 5 });
  await store.readAudit({ order: "newest_first", limit: 5 });
  await store.readAudit({ order: "newest_first", from: { at: START, id: 7 }, until: START, limit: 5 });
  await store.readAudit({ concerning: { kind: "client", id: "c" }, order: "newest_first", limit: 5 });
  const texts = prepare.mock.calls.map(([sql]) => sql);
  prepare.mockRestore();

  expect(texts).toHaveLength(5);
  const database = new DatabaseSync(file);
  for (const sql of texts) {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    const steps = plan.map(({ detail }) => String(detail));
    expect(steps.at(0), sql).toMatch(/ USING INDEX (audit|grants)_/);
    expect(steps, sql).not.toContain("USE TEMP B-TREE FOR ORDER BY");
  }
  database.close();
});

test("what a person approved for a client is found by the person: of a client, there may be as many grants as people", async () => {
  const prepare = vi.spyOn(DatabaseSync.prototype, "prepare");
  await store.listGrants({ clientId: "c", personId: "ada", liveAt: START, isClicked: true, limit: 100 });
  const [[sql = ""] = []] = prepare.mock.calls;
  prepare.mockRestore();
  const database = new DatabaseSync(file);
  const [step] = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
  database.close();
  expect(step?.detail).toBe("SEARCH grants USING INDEX grants_person (person_id=?)");
});

test("no refresh, use or refusal changes an index", () => {
  const database = new DatabaseSync(file);
  const indexed = database
    .prepare(
      "SELECT info.name FROM pragma_index_list('grants') AS list, pragma_index_info(list.name) AS info",
    )
    .all()
    .map(({ name }) => name);
  database.close();
  expect(indexed).toContain("id");
  const changing = ["generation", "rotated_at", "refresh_expires_at", "redeemed_at", "refused_at", "refusal"];
  for (const column of [...changing, "unused_generation", "used_at"]) {
    expect(indexed).not.toContain(column);
  }
});

test("a row that was damaged is named and not guessed at, and what it holds is not told", async () => {
  await store.approve(sampleApproval(), APPROVED);
  await store.addClient(sampleClient(), "unaudited");
  const database = new DatabaseSync(file);
  database.exec(`UPDATE grants SET person = '{"id":"mallory"}'; UPDATE clients SET redirect_uris = 'secret'`);
  database.close();
  await expect(store.findGrant("grant-1")).rejects.toThrow(
    /^The grant grant-1 in the database cannot be read\.$/,
  );
  await expect(store.findClient("client-1")).rejects.toThrow(/^The client client-1 in the database cannot/);
});
