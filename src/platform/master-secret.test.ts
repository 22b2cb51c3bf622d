import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../core/errors.ts";
import { masterSecrets } from "./master-secret.ts";

const inFolder = () => join(mkdtempSync(join(tmpdir(), "gatehouse-")), "gatehouse.db");

describe("the master secret", () => {
  it("is what the operator gave, newest first, and then no file is made", () => {
    const database = inFolder();
    expect(masterSecrets({ database, secrets: ["a", "b"] })).toEqual(["a", "b"]);
    expect(readdirSync(join(database, ".."))).toEqual([]);
  });

  it("is else a key file beside the database, for this user only, and the same the next time", () => {
    const database = inFolder();
    const [made] = masterSecrets({ database, secrets: undefined });
    expect(Buffer.from(made ?? "", "base64")).toHaveLength(32);
    expect(statSync(`${database}.key`).mode & 0o777).toBe(0o600);
    expect(masterSecrets({ database, secrets: undefined })).toEqual([made]);
    expect(readdirSync(join(database, ".."))).toEqual(["gatehouse.db.key"]);
  });

  it("is one and the same for processes that start at once", async () => {
    const database = inFolder();
    const module = join(import.meta.dirname, "master-secret.ts");
    const program = `import { masterSecrets } from ${JSON.stringify(module)};
      process.stdout.write(masterSecrets({ database: ${JSON.stringify(database)} })[0]);`;
    const processes = await Promise.all(
      Array.from({ length: 6 }, () =>
        promisify(execFile)(process.execPath, ["--input-type=module-typescript", "-e", program]),
      ),
    );
    const kept = readFileSync(`${database}.key`, "utf8").trim();
    expect(new Set(processes.map(({ stdout }) => stdout))).toEqual(new Set([kept]));
    expect(readdirSync(join(database, ".."))).toEqual(["gatehouse.db.key"]);
  });

  it("is a new one for each database in memory", () => {
    const memory = { database: ":memory:", secrets: undefined };
    expect(masterSecrets(memory)).not.toEqual(masterSecrets(memory));
  });

  it("is refused where others can read the file, where it is empty, and where it cannot be made", () => {
    const database = inFolder();
    const [made] = masterSecrets({ database, secrets: undefined });
    chmodSync(`${database}.key`, 0o644);
    expect(() => masterSecrets({ database, secrets: undefined })).toThrow(/chmod 600/);
    expect(readFileSync(`${database}.key`, "utf8").trim()).toBe(made);
    const other = inFolder();
    writeFileSync(`${other}.key`, "\n", { mode: 0o600 });
    expect(() => masterSecrets({ database: other, secrets: undefined })).toThrow(/is empty/);
    writeFileSync(`${other}.key`, "c2hvcnQ=\n", { mode: 0o600 });
    expect(() => masterSecrets({ database: other, secrets: undefined })).toThrow(/is cut short/);
    const nowhere = { database: "/nonexistent/gatehouse.db", secrets: undefined };
    expect(() => masterSecrets(nowhere)).toThrow(ConfigurationError);
    expect(() => masterSecrets(nowhere)).toThrow(/GATEHOUSE_SECRET/);
  });
});
