import { hkdfSync } from "node:crypto";
import fc from "fast-check";
import { CompactEncrypt } from "jose";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../core/errors.ts";
import { createKeyring } from "./keyring.ts";

const NEW = "n".repeat(32);
const OLD = "o".repeat(32);

describe("the keyring", () => {
  it("opens what it sealed, and nothing that was touched", async () => {
    const keyring = createKeyring([NEW]);
    const sealed = await keyring.seal("account-visit", "Ada");
    expect(sealed).not.toContain("Ada");
    expect(await keyring.open("account-visit", sealed)).toBe("Ada");
    const middle = Math.floor(sealed.length / 2);
    const flipped = sealed.slice(0, middle) + (sealed[middle] === "A" ? "B" : "A") + sealed.slice(middle + 1);
    for (const wrong of [flipped, "", "x", sealed.slice(0, -3), "a.b.c.d.e"]) {
      expect(await keyring.open("account-visit", wrong)).toBeUndefined();
    }
  });

  it("keeps purposes apart: what one label made, another does not take", async () => {
    const keyring = createKeyring([NEW]);
    expect(
      await keyring.open("account-visit", await keyring.seal("authorization-request", "x")),
    ).toBeUndefined();
    expect(keyring.verifyMac("authorization-code", "x", keyring.mac("refresh-token", "x"))).toBe(false);
  });

  it("makes with the first secret and takes every one, so that a secret can be replaced", async () => {
    const before = createKeyring([OLD]);
    const both = createKeyring([NEW, OLD]);
    const after = createKeyring([NEW]);
    expect(await both.open("account-visit", await before.seal("account-visit", "x"))).toBe("x");
    expect(both.verifyMac("refresh-token", "x", before.mac("refresh-token", "x"))).toBe(true);
    expect(await after.open("account-visit", await both.seal("account-visit", "x"))).toBe("x");
    expect(await after.open("account-visit", await before.seal("account-visit", "x"))).toBeUndefined();
    expect(after.verifyMac("refresh-token", "x", before.mac("refresh-token", "x"))).toBe(false);
  });

  it("takes a MAC in one spelling only", () => {
    const keyring = createKeyring([NEW]);
    const mac = keyring.mac("refresh-token", "x");
    expect(keyring.verifyMac("refresh-token", "x", mac)).toBe(true);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.constantFrom(`${mac}=`, mac.slice(0, -1), `${mac}A`, mac.toLowerCase(), `${mac} `),
        ),
        (other) => {
          expect(keyring.verifyMac("refresh-token", "x", other)).toBe(other === mac);
        },
      ),
    );
  });

  it.each([
    ["dir", "A256GCM", "text"],
    ["dir", "A128CBC-HS256", undefined],
    ["A256KW", "A256GCM", undefined],
    ["A256GCMKW", "A256GCM", undefined],
  ])("opens what is sealed under its key by %s and %s: %s", async (alg, enc, opened) => {
    const key = new Uint8Array(hkdfSync("sha256", NEW, "gatehouse", "account-visit", 32));
    const sealed = await new CompactEncrypt(Buffer.from("text"))
      .setProtectedHeader({ alg, enc })
      .encrypt(key);
    expect(await createKeyring([NEW]).open("account-visit", sealed)).toBe(opened);
  });

  it("refuses a secret that is too short, without repeating it, and an empty list", () => {
    expect(() => createKeyring(["too-short"])).toThrow(ConfigurationError);
    expect(() => createKeyring(["too-short"])).not.toThrow(/too-short/);
    expect(() => createKeyring([])).toThrow(ConfigurationError);
  });
});
