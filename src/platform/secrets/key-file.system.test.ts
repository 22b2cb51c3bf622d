import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the key file is one and the same for processes that start at once", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "gatehouse-")), "gatehouse.db.key");
  const module = join(import.meta.dirname, "key-file.ts");
  const program = `import { makeKeyFile } from ${JSON.stringify(module)};
    process.stdout.write(makeKeyFile(${JSON.stringify(file)})[0].secret);`;
  const processes = await Promise.all(
    Array.from({ length: 6 }, () =>
      promisify(execFile)(process.execPath, ["--input-type=module-typescript", "-e", program]),
    ),
  );
  const kept = readFileSync(file, "utf8").trim();
  expect(new Set(processes.map(({ stdout }) => stdout))).toEqual(new Set([kept]));
  expect(readdirSync(dirname(file))).toEqual(["gatehouse.db.key"]);
});
