import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { silentLog } from "../platform/logging.ts";
import { openDatabase } from "../store/maintenance/open-database.ts";
import { createDemoServer } from "./server.ts";
import { todosFileOf } from "./todos.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-demo-"));
afterAll(() => rmSync(folder, { recursive: true }));

const optionsFor = (database: string) => ({ database, port: 0, handleSignals: false, log: silentLog });

it("keeps its to-do lists in a file of their own, and closes both files", async () => {
  const database = join(folder, "closed.db");
  const server = createDemoServer(optionsFor(database));
  await server.listen();
  const file = todosFileOf(database);
  for (const name of [database, file]) {
    await expect(openDatabase(name, "nobody")).rejects.toThrow(/is in use/);
  }
  await server.close();
  for (const name of [database, file]) await (await openDatabase(name, "nobody")).close();
});

it("closes its database again where the to-do lists cannot be opened", async () => {
  const database = join(folder, "half-way.db");
  mkdirSync(todosFileOf(database));
  const server = createDemoServer(optionsFor(database));
  await expect(server.listen()).rejects.toThrow(/to-do lists cannot be kept in .*half-way-todos\.db/);
  await (await openDatabase(database, "nobody")).close();
});
