import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { storeContract } from "../../../test/support/store/store-contract.ts";
import { openSqliteStore } from "./open.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-store-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

storeContract("SQLite in memory", () => openSqliteStore({ database: ":memory:" }));
storeContract("SQLite in a file", () => {
  files += 1;
  return openSqliteStore({ database: join(folder, `${files}.db`) });
});
