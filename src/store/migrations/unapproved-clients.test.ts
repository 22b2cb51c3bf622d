import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { START, sampleApproval, sampleClient } from "../../../test/support/store/samples.ts";
import { openSqliteStore } from "../sqlite/open.ts";

test("registrations of before, without a grant, count from when they came", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-migration-"));
  const database = join(folder, "a.db");
  const before = await openSqliteStore({ database });
  for (const id of ["approved", "unapproved"]) await before.addClient(sampleClient({ id }));
  await before.addClient(sampleClient({ id: "operators", origin: "preregistered" }));
  await before.approve(sampleApproval({ clientId: "approved" }));
  await before.close();
  const file = new DatabaseSync(database);
  file.exec(`
    DROP TRIGGER client_approved;
    DROP INDEX clients_unapproved_since;
    ALTER TABLE clients DROP COLUMN unapproved_since;
    DELETE FROM gatehouse_migrations WHERE name = '0008-unapproved-clients'`);
  file.close();

  const store = await openSqliteStore({ database });
  expect(await store.trimUnapprovedClients(5, START)).toEqual({ count: 1, oldestAt: START });
  await store.trimUnapprovedClients(0, START);
  expect((await store.listClients()).map(({ id }) => id).sort()).toEqual(["approved", "operators"]);
  await store.close();
  rmSync(folder, { recursive: true });
});
