import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OAuthError } from "./errors.ts";
import { destination, redirectKind, trustRedirect, withParams } from "./redirect-uri.ts";

const client = (...redirectUris: string[]) => ({ redirectUris });
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
    expect(() => redirectKind('http://evil.example/"')).toThrow(/"http:\/\/evil\.example\/\\""/);
  });
});

describe("where an answer goes (RFC 6749 §3.1.2.3, RFC 8252 §7.3)", () => {
  const loopback = client("http://127.0.0.1/cb", "http://localhost:8787/callback?a=1", "http://[::1]/cb");

  test.each([
    "http://127.0.0.1/cb",
    "http://127.0.0.1:1/cb",
    "http://127.0.0.1:65535/cb",
    "http://localhost:9999/callback?a=1",
    "http://localhost/callback?a=1",
    "http://[::1]:4000/cb",
  ])("the port of this computer is free: %s", (requested) => {
    expect(trustRedirect(loopback, requested).uri).toBe(requested);
  });

  test.each([
    "http://127.0.0.1:99999/cb",
    "http://127.0.0.1:0/cb",
    "http://127.0.0.1:/cb",
    "http://127.0.0.1:80/cb/",
    "http://127.0.0.1:80/other",
    "http://127.0.0.1:80/cb?x",
    "http://127.0.0.1:80/CB",
    "http://127.0.0.1:80/%63b",
    "http://127.0.0.1:80//cb",
    "http://127.0.0.1:80/./cb",
    "http://127.0.0.1:80",
    "http://127.0.0.1.evil.com/cb",
    "http://127.0.0.1:80.evil.com/cb",
    "http://127.0.0.1:80@evil.com/cb",
    "http://127.0.0.1:80\\@evil.com/cb",
    "http://127.0.0.1:80#@evil.com/cb",
    "http://127.0.0.1:80/cb\n",
    "http://127.0.0.1:8\t0/cb",
    "http://localhost/cb",
    "http://[::1]/callback?a=1",
    "http://localhost:8787/callback",
    "http://localhost:8787/callback?a=1&b=2",
    "https://127.0.0.1/cb",
    "https://127.0.0.1:8080/cb",
    "HTTP://127.0.0.1/cb",
    "http://LOCALHOST:8787/callback?a=1",
  ])("nothing else of it is: %j", (requested) => {
    expect(codeOf(() => trustRedirect(loopback, requested))).toBe("invalid_request");
  });

  test.each([
    ["https://a.example/cb", "https://a.example:443/cb"],
    ["https://a.example/cb", "https://a.example:8443/cb"],
    ["https://a.example/cb", "https://a.example/cb/"],
    ["https://a.example/cb", "https://a.example/cb?x=1"],
    ["https://a.example/cb", "https://A.example/cb"],
    ["https://a.example", "https://a.example/"],
    ["https://a.example/cb", "https://a.example/x/../cb"],
    ["cursor://a/cb", "cursor://a:1/cb"],
  ])("registered %s does not allow %s", (registered, requested) => {
    expect(codeOf(() => trustRedirect(client(registered), requested))).toBe("invalid_request");
  });

  test("the parameter may be missing where one address is registered, and only then", () => {
    expect(trustRedirect(client("https://a.example/cb"), undefined).uri).toBe("https://a.example/cb");
    expect(codeOf(() => trustRedirect(client("https://a.example/1", "https://a.example/2"), undefined))).toBe(
      "invalid_request",
    );
    expect(codeOf(() => trustRedirect(client(), undefined))).toBe("invalid_request");
  });

  test("an address that could not be registered is not trusted though it stands in the database", () => {
    expect(codeOf(() => trustRedirect(client("javascript:alert(1)"), "javascript:alert(1)"))).toBe(
      "invalid_redirect_uri",
    );
    expect(codeOf(() => trustRedirect(client("javascript:alert(1)"), undefined))).toBe(
      "invalid_redirect_uri",
    );
  });

  test("the answer to a stranger does not say what is registered", () => {
    try {
      trustRedirect(client("https://secret.example/cb"), "https://evil.example/");
    } catch (error) {
      expect(String(error)).not.toContain("secret.example");
      expect((error as OAuthError).detail).toContain("secret.example");
    }
    expect.assertions(2);
  });
});

describe("properties", () => {
  const registered = fc.constantFrom(
    "https://a.example/cb",
    "http://127.0.0.1/cb",
    "http://localhost:8787/cb?x=1",
    "http://[::1]/",
    "cursor://anysphere.cursor-mcp/cb",
  );
  // Near misses: an address with something put in, taken out, or put in place of a character.
  const near = fc
    .record({
      uri: registered,
      at: fc.nat(60),
      cut: fc.nat(3),
      put: fc.oneof(
        fc.string({ unit: "binary", maxLength: 4 }),
        fc.constantFrom(
          "@evil.com",
          "\\",
          "%00",
          "\t",
          "#",
          ":80",
          ".evil.com",
          "//",
          "/../",
          ":0",
          "?",
          "&",
          "%2e",
        ),
      ),
    })
    .map(({ uri, at, cut, put }) => uri.slice(0, at) + put + uri.slice(at + cut));

  test("what is trusted leads where something registered leads, but for the port of this computer", () => {
    fc.assert(
      fc.property(registered, fc.oneof(near, fc.string()), (known, requested) => {
        let uri: string;
        try {
          uri = trustRedirect(client(known), requested).uri;
        } catch (error) {
          expect(error).toBeInstanceOf(OAuthError);
          return;
        }
        expect(uri).toBe(requested);
        const [left, right] = [new URL(known), new URL(uri)];
        if (left.protocol === "http:") left.port = right.port = "1";
        expect(right.href).toBe(left.href);
      }),
      { numRuns: 5000 },
    );
  });

  test("what may be registered is ASCII without spaces, leads to https, this computer or a scheme of an app", () => {
    fc.assert(
      fc.property(fc.oneof(near, fc.webUrl(), fc.string({ unit: "binary" })), (uri) => {
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

  test("parameters are added to the address and change nothing of it", () => {
    fc.assert(
      fc.property(registered, fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (known, params) => {
        const to = trustRedirect(client(known), undefined);
        const answer = withParams(to, params);
        expect(answer.startsWith(known)).toBe(true);
        const url = new URL(answer);
        expect(url.hash).toBe("");
        for (const [name, value] of Object.entries(params)) {
          expect(url.searchParams.getAll(name).at(-1)).toBe(value.toWellFormed());
        }
      }),
    );
  });
});

test("parameters: undefined ones are left out, an existing query goes on", () => {
  const plain = trustRedirect(client("https://a.example/cb"), undefined);
  expect(withParams(plain, { code: "a&b=c#d", state: undefined })).toBe(
    "https://a.example/cb?code=a%26b%3Dc%23d",
  );
  const query = trustRedirect(client("https://A.example?x=1"), undefined);
  expect(withParams(query, { code: "c" })).toBe("https://A.example?x=1&code=c");
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
