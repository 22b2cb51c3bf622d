import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { changeKeyFile, makeKeyFile } from "./key-file.ts";
import { createKeyring } from "./keyring.ts";
import { followKeyFile } from "./keyring-of-file.ts";

const NOW = Date.UTC(2026, 10, 1);
const NEW = "n".repeat(32);
const inFolder = () => join(mkdtempSync(join(tmpdir(), "gatehouse-")), "gatehouse.db.key");
const putInFront = (file: string, until: number | null = null) =>
  changeKeyFile(file, (secrets) => [
    { secret: NEW, until: null },
    ...secrets.map((kept) => ({ ...kept, until })),
  ]);

describe("the keyring of a key file", () => {
  it("makes the file where there is none", () => {
    const file = inFolder();
    const keyring = followKeyFile(file, () => NOW);
    expect(followKeyFile(file, () => NOW).mac("account-visit", "x")).toBe(keyring.mac("account-visit", "x"));
  });

  it("takes what a process made that knows a newer secret already, without being told", async () => {
    const file = inFolder();
    const [behind, alsoBehind] = [followKeyFile(file, () => NOW), followKeyFile(file, () => NOW)];
    const before = behind.mac("refresh-token", "x");
    putInFront(file);
    const ahead = followKeyFile(file, () => NOW);
    expect(ahead.mac("refresh-token", "x")).not.toBe(before);
    expect(behind.verifyMac("refresh-token", "x", ahead.mac("refresh-token", "x"))).toBe(true);
    expect(await alsoBehind.open("account-visit", await ahead.seal("account-visit", "Ada"))).toBe("Ada");
    // And from then on it makes what the others make, and takes what it made before.
    expect(behind.mac("refresh-token", "x")).toBe(ahead.mac("refresh-token", "x"));
    expect(ahead.verifyMac("refresh-token", "x", before)).toBe(true);
  });

  it("uses the new secret once it has looked, and says whether there was anything new", () => {
    const file = inFolder();
    const keyring = followKeyFile(file, () => NOW);
    expect(keyring.lookAgain()).toBe(false);
    putInFront(file);
    expect(keyring.lookAgain()).toBe(true);
    expect(keyring.lookAgain()).toBe(false);
    expect(createKeyring([NEW]).verifyMac("account-visit", "x", keyring.mac("account-visit", "x"))).toBe(
      true,
    );
  });

  it("refuses what no secret made, however often it looks", async () => {
    const file = inFolder();
    const keyring = followKeyFile(file, () => NOW);
    putInFront(file);
    const stranger = createKeyring(["s".repeat(32)]);
    expect(keyring.verifyMac("refresh-token", "x", stranger.mac("refresh-token", "x"))).toBe(false);
    expect(await keyring.open("account-visit", await stranger.seal("account-visit", "x"))).toBeUndefined();
  });

  it("lets a replaced secret end at its time, in a process that goes on", () => {
    const file = inFolder();
    let now = NOW;
    const keyring = followKeyFile(file, () => now);
    const old = keyring.mac("refresh-token", "x");
    putInFront(file, NOW + 1000);
    expect(keyring.lookAgain()).toBe(true);
    now += 999;
    expect(keyring.verifyMac("refresh-token", "x", old)).toBe(true);
    now += 1;
    expect(keyring.verifyMac("refresh-token", "x", old)).toBe(false);
    expect(keyring.verifyMac("refresh-token", "x", keyring.mac("refresh-token", "x"))).toBe(true);
  });

  it("goes on with what it knows where the file is gone, and is told of one that is damaged", () => {
    const file = inFolder();
    makeKeyFile(file);
    const keyring = followKeyFile(file, () => NOW);
    const mac = keyring.mac("account-visit", "x");
    rmSync(file);
    expect(keyring.verifyMac("account-visit", "y", mac)).toBe(false);
    expect(keyring.verifyMac("account-visit", "x", mac)).toBe(true);
    writeFileSync(file, "", { mode: 0o600 });
    expect(() => keyring.lookAgain()).toThrow(/is empty/);
    expect(keyring.verifyMac("account-visit", "x", mac)).toBe(true);
  });
});
