import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { storeContract } from "../../../test/support/store/store-contract.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-store-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

storeContract("SQLite in memory", () => openTestStore({ database: ":memory:" }));
storeContract("SQLite in a file", () => {
  files += 1;
  return openTestStore({ database: join(folder, `${files}.db`) });
});
