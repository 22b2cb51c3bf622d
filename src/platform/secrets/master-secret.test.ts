import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../core/errors.ts";
import { existingSecrets, openKeyring } from "./master-secret.ts";

const inFolder = () => join(mkdtempSync(join(tmpdir(), "gatehouse-")), "gatehouse.db");
const GIVEN = ["n".repeat(32), "o".repeat(32)];
const macOf = (keyring: ReturnType<typeof openKeyring>) => keyring.mac("account-visit", "x");

describe("the master secret", () => {
  it("is what the operator gave, newest first, and then no file is made", () => {
    const database = inFolder();
    const older = openKeyring({ database, secrets: GIVEN.slice(1) });
    expect(openKeyring({ database, secrets: GIVEN }).verifyMac("account-visit", "x", macOf(older))).toBe(
      true,
    );
    expect(existingSecrets({ database, secrets: GIVEN })).toEqual(GIVEN);
    expect(readdirSync(join(database, ".."))).toEqual([]);
  });

  it("is else in a key file beside the database, which the first start makes", () => {
    const database = inFolder();
    expect(existingSecrets({ database, secrets: undefined })).toBeUndefined();
    const keyring = openKeyring({ database, secrets: undefined });
    expect(readdirSync(join(database, ".."))).toEqual(["gatehouse.db.key"]);
    expect(existingSecrets({ database, secrets: undefined })).toHaveLength(1);
    expect(macOf(openKeyring({ database, secrets: undefined }))).toBe(macOf(keyring));
  });

  it("is a new one for each database in memory", () => {
    const memory = { database: ":memory:", secrets: undefined };
    expect(macOf(openKeyring(memory))).not.toBe(macOf(openKeyring(memory)));
  });

  it("is refused where the file cannot be made", () => {
    const nowhere = { database: "/nonexistent/gatehouse.db", secrets: undefined };
    expect(() => openKeyring(nowhere)).toThrow(ConfigurationError);
    expect(() => openKeyring(nowhere)).toThrow(/GATEHOUSE_SECRET/);
  });
});
