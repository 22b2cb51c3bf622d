import { describe, expect, it } from "vitest";
import { codeChallenge, isCodeChallenge, isCodeVerifier } from "./pkce.ts";

const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

describe("PKCE (RFC 7636)", () => {
  it("makes the challenge of appendix B", () => {
    expect(codeChallenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(CHALLENGE);
  });

  it.each([" ", "\n", "=", "+", "a", "é"])("takes no challenge that has %j more", (more) => {
    expect(isCodeChallenge(CHALLENGE)).toBe(true);
    for (const other of [`${more}${CHALLENGE}`, `${CHALLENGE}${more}`])
      expect(isCodeChallenge(other)).toBe(false);
  });

  it.each(["+", "/", "=", " ", "\n", "%", "é", "\u0000"])("takes no verifier with %j (§4.1)", (character) => {
    expect(isCodeVerifier("aA0-._~".padEnd(43, "v"))).toBe(true);
    for (const other of [`${character}${"v".repeat(43)}`, `${"v".repeat(43)}${character}`]) {
      expect(isCodeVerifier(other)).toBe(false);
    }
  });
});
