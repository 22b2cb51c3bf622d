import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearRedirect } from "../../test/support/redirects.ts";
import { OAuthError } from "./errors.ts";
import { destination, redirectKind } from "./redirect-uri.ts";

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "nothing was refused";
  } catch (error) {
    if (error instanceof OAuthError) return error.code;
    throw error;
  }
};

describe("addresses that may be registered", () => {
  test.each([
    ["https://claude.ai/api/mcp/auth_callback", "https"],
    ["https://vscode.dev/redirect", "https"],
    ["https://chat.example:8443/oauth/clients/mcp:7f3a/callback?x=1", "https"],
    ["https://EXAMPLE.com", "https"],
    ["https://localhost.evil.com/cb", "https"],
    ["https://localhost:8443/cb", "loopback"],
    ["http://127.0.0.1/", "loopback"],
    ["http://127.0.0.1:33418/", "loopback"],
    ["http://[::1]:1/cb", "loopback"],
    ["http://localhost:65535/callback?x=1", "loopback"],
    ["cursor://anysphere.cursor-mcp/oauth/callback", "private-use"],
    ["vscode://vscode.github-authentication/did-authenticate", "private-use"],
    ["claude://callback", "private-use"],
    ["com.example.app:/cb", "private-use"],
    ["com.example.app:/cb?at=a@b", "private-use"],
  ])("%s", (uri, kind) => {
    expect(redirectKind(uri)).toBe(kind);
  });
});

describe("addresses that may not", () => {
  test.each([
    // Schemes that run or read something, however they are written.
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "javascript://x/%0Aalert(1)",
    "java\tscript:alert(1)",
    "java\nscript://x",
    " javascript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,x",
    "data://text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://a.example/1",
    "filesystem:https://a.example/x",
    "view-source:https://a.example/",
    "about:blank",
    "intent://x#Intent;end",
    "intent://x",
    "ms-msdt:/id",
    "ms-msdt://id",
    "search-ms://x",
    "ws://localhost/",
    "ftp://a.example/",
    "mailto:a@b.example",
    "urn:ietf:wg:oauth:2.0:oob",
    // What only looks like this computer.
    "http://127.0.0.1.evil.com/cb",
    "http://localhost.evil.com/cb",
    "http://localhost@evil.com/cb",
    "http://127.0.0.1:80@evil.com/cb",
    "http://localhost%2eevil.com/cb",
    "http://localhost%00.evil.com/cb",
    "http://localhost%2F@evil.com/cb",
    "http://evil.com/localhost",
    "http://evil.com\\@localhost/cb",
    "http://localhost\\@evil.com/cb",
    "http://localhost\t.evil.com/cb",
    "http://LOCALHOST/cb",
    "http://localhost./cb",
    "http://127.1/cb",
    "http://0x7f000001/cb",
    "http://2130706433/cb",
    "http://0/cb",
    "http://0.0.0.0/cb",
    "http://127.0.0.2/cb",
    "http://[::ffff:127.0.0.1]/cb",
    "http://[::]/cb",
    "http://ⓛocalhost/cb",
    "http:/localhost/cb",
    "http:localhost/cb",
    "http:///localhost/cb",
    // Ports that there are not.
    "http://localhost:0/cb",
    "http://localhost:99999/cb",
    "http://localhost:65536/cb",
    "http://localhost:080/cb",
    "http://localhost:/cb",
    "http://localhost:80:80/cb",
    "http://localhost:8080.evil.com/cb",
    "https://a.example:99999/cb",
    // User names, fragments, characters that parsers drop or turn.
    "https://a.example@evil.com/cb",
    "https://user:pass@a.example/cb",
    "https://@a.example/cb",
    "cursor://user@host/cb",
    "https://a.example/cb#",
    "https://a.example/cb#x",
    "https://a.example/c b",
    "https://a.example/c\u0000b",
    "https://a.example/cb\n",
    "https://a.example/cb\r\nSet-Cookie:x",
    "https://a.example/\u202Egpj",
    'https://a.example/"><script>',
    "https://а.example/cb",
    "https:a.example/cb",
    "https:/a.example/cb",
    "https:///a.example/cb",
    "HTTPS://a.example/cb",
    "https://",
    "https://?x",
    // No absolute URI, or none that tells where it leads.
    "",
    "/cb",
    "//a.example/cb",
    "a.example/cb",
    "localhost:3000/cb",
    "127.0.0.1:3000/cb",
    "myapp:cb",
    "myapp:/cb",
    "*",
    "https://*",
  ])("%j", (uri) => {
    expect(codeOf(() => redirectKind(uri))).toBe("invalid_redirect_uri");
  });

  test("the refusal names the address and cannot break out of its quotes", () => {
    expect(() => redirectKind(`http://evil.example/"'`)).toThrow(/ 'http:\/\/evil\.example\/%22%27' /);
  });
});

describe("properties", () => {
  test("what may be registered is ASCII without spaces, leads to https, this computer or a scheme of an app", () => {
    fc.assert(
      fc.property(fc.oneof(nearRedirect, fc.webUrl(), fc.string({ unit: "binary" })), (uri) => {
        let kind: string;
        try {
          kind = redirectKind(uri);
        } catch (error) {
          expect((error as OAuthError).code).toBe("invalid_redirect_uri");
          return;
        }
        const url = new URL(uri);
        expect(uri).toMatch(/^[\x21-\x7E]+$/);
        expect(url.username + url.password + url.hash).toBe("");
        if (url.protocol === "http:") expect(["127.0.0.1", "[::1]", "localhost"]).toContain(url.hostname);
        expect(kind === "private-use").toBe(!/^https?:$/.test(url.protocol));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("what the consent page shows", () => {
  test.each([
    ["https://CLAUDE.ai.evil.com/claude.ai", "https", "claude.ai.evil.com"],
    ["https://a.example:8443/cb", "https", "a.example:8443"],
    ["https://xn--80ak6aa92e.com/", "https", "xn--80ak6aa92e.com"],
    ["http://localhost:8787/cb", "loopback", "localhost:8787"],
    ["cursor://anysphere.cursor-mcp/oauth/callback", "private-use", "cursor://anysphere.cursor-mcp"],
    ["com.example.app:/cb", "private-use", "com.example.app://"],
  ])("%s", (uri, kind, shown) => {
    expect(destination(uri)).toEqual({ kind, shown });
  });
});
