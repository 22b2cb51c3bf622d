import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearRedirect, registeredRedirect } from "../../test/support/redirects.ts";
import { OAuthError } from "./errors.ts";
import type { RedirectList } from "./redirect-list.ts";
import { trustRedirect as settle, withParams } from "./trusted-redirect.ts";

const client = (...redirectUris: string[]) => ({ redirectUris, origin: "registered" as const });
const trustRedirect = (
  of: ReturnType<typeof client>,
  requested: string | undefined,
  allowed?: RedirectList,
) => settle(of, requested, allowed);
const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "nothing was refused";
  } catch (error) {
    if (error instanceof OAuthError) return error.code;
    throw error;
  }
};

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

describe("where the operator lets clients send people (redirectHosts)", () => {
  const allowed = new Set(["claude.ai", "*.example.com", "cursor:"]);
  const all = client(
    "https://claude.ai/cb",
    "https://a.example.com/cb",
    "https://example.com/cb",
    "https://evil.example/cb",
    "http://127.0.0.1/cb",
    "cursor://x",
    "steam://x",
    "com.example.app:/cb",
  );

  test.each([
    ["https://claude.ai/cb", true],
    ["https://a.example.com/cb", true],
    ["http://127.0.0.1:4000/cb", true],
    ["cursor://x", true],
    ["https://example.com/cb", false],
    ["https://evil.example/cb", false],
    ["steam://x", false],
    ["com.example.app:/cb", false],
  ])("%s: %s", (uri, isAllowed) => {
    expect(codeOf(() => trustRedirect(all, uri, allowed))).toBe(
      isAllowed ? "nothing was refused" : "invalid_redirect_uri",
    );
    expect(settle({ ...all, origin: "preregistered" }, uri, allowed).uri).toBe(uri);
    expect(trustRedirect(all, uri).uri).toBe(uri);
  });

  test("an empty list leaves this computer alone", () => {
    expect(codeOf(() => trustRedirect(all, "https://claude.ai/cb", new Set()))).toBe("invalid_redirect_uri");
    expect(trustRedirect(all, "http://127.0.0.1:1/cb", new Set()).uri).toBe("http://127.0.0.1:1/cb");
  });

  test("the only address that is registered is no exception", () => {
    const evil = client("https://evil.example/cb");
    expect(codeOf(() => trustRedirect(evil, undefined, allowed))).toBe("invalid_redirect_uri");
  });
});

describe("properties", () => {
  test("what is trusted leads where something registered leads, but for the port of this computer", () => {
    fc.assert(
      fc.property(registeredRedirect, fc.oneof(nearRedirect, fc.string()), (known, requested) => {
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

  test("parameters are added to the address and change nothing of it", () => {
    fc.assert(
      fc.property(
        registeredRedirect,
        fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
        (known, params) => {
          const to = trustRedirect(client(known), undefined);
          const answer = withParams(to, params);
          expect(answer.startsWith(known)).toBe(true);
          const url = new URL(answer);
          expect(url.hash).toBe("");
          for (const [name, value] of Object.entries(params)) {
            expect(url.searchParams.getAll(name).at(-1)).toBe(value.toWellFormed());
          }
        },
      ),
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
