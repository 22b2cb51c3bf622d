import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openTestStore } from "../../test/support/store/test-store.ts";
import { importPeople } from "./import-people.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-import-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BCRYPT = "$2b$12$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK";

it("an import whose database goes away ends with that, however many people were on their way", async () => {
  const file = join(folder, "people.txt");
  writeFileSync(file, Array.from({ length: 200 }, (_, i) => `person ${i}:${BCRYPT}`).join("\n"));
  const store = await openTestStore({ database: ":memory:" });
  let asked = 0;
  const importing = importPeople(
    { file, skipBadLines: false, onProgress() {}, onBadLine() {} },
    {
      store: {
        ...store,
        addPerson(...person) {
          asked += 1;
          return asked <= 50 ? store.addPerson(...person) : Promise.reject(new Error(`down ${asked}`));
        },
      },
      clock: Date.now,
    },
  );
  await expect(importing).rejects.toThrow("down 51");
  // Those that were on their way at the same time, and none after them.
  expect(asked).toBeLessThan(100);
  const people = await store.listPeople({ now: Date.now(), limit: 1000 });
  expect(people).toHaveLength(50);
  await store.close();
});
