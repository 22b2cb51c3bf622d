import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { migrationContract } from "../../test/support/store/migration-contract.ts";
import { openSqliteDatabase } from "./sqlite/database.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-migrations-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
migrationContract("SQLite", () => {
  files += 1;
  return openSqliteDatabase(join(folder, `${files}.db`), "anybody");
});
