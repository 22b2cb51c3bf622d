import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { canBePasted, pasteableRedirect } from "./pasteable-redirect.ts";
import { redirectKind } from "./redirect-uri.ts";
import { trustRedirect, withParams } from "./trusted-redirect.ts";

const trusted = (uri: string) => trustRedirect({ redirectUris: [uri], origin: "registered" }, uri, undefined);

describe("the answer can be pasted", () => {
  test.each([
    "http://localhost:54212/callback",
    "http://127.0.0.1/",
    "http://127.0.0.1:33418",
    "http://[::1]:8000/cb",
    "https://localhost:4000/cb",
    "http://localhost/oauth2/cb?app=a%20b",
  ])("for %s", (uri) => {
    expect(canBePasted(uri)).toBe(true);
    expect(pasteableRedirect(trusted(uri))).toEqual({ uri });
  });
});

describe("the answer cannot be pasted", () => {
  test.each([
    "https://claude.ai/api/mcp/auth_callback",
    "https://localhost.evil.example/cb",
    "https://127.0.0.1.evil.example/cb",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "com.example.app:/localhost",
  ])("for %s, which is not on a computer of the person's", (uri) => {
    expect(canBePasted(uri)).toBe(false);
    expect(pasteableRedirect(trusted(uri))).toBeUndefined();
  });

  test.each([
    "http://localhost/$(reboot)",
    "http://localhost/cb?a=1&reboot",
    "http://localhost/;reboot",
    "http://localhost/'",
    "http://localhost/!!",
  ])("for %s, which a shell would read as a command", (uri) => {
    expect(redirectKind(uri)).toBe("loopback");
    expect(pasteableRedirect(trusted(uri))).toBeUndefined();
  });

  it("where it could be more to a shell than one word, and assignments in which nothing runs", () => {
    const uris = fc
      .array(fc.constantFrom(..."aZ09-._~:/?[]@!$&'()*+,;=%{}|<>`\\\" \n\t"))
      .map((characters) => `http://localhost/${characters.join("")}`);
    fc.assert(
      fc.property(uris, fc.string(), (uri, state) => {
        fc.pre(canBePasted(uri));
        const url = withParams(trusted(uri), { code: "code", state, iss: "https://mcp.example" });
        const [word = "", ...assignments] = url.split("&");
        expect(word).not.toMatch(/[\s"'`$;|<>(){}!\\]/);
        expect(assignments.map((one) => one.replace(/=.*/, ""))).toEqual(
          uri.includes("?") ? ["code", "state", "iss"] : ["state", "iss"],
        );
        expect(assignments.join("")).not.toMatch(/[\s"'`$;|<>(){}!\\]/);
      }),
    );
  });
});
