import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUILT_IN_REDIRECTS, isListed, readRedirectEntry } from "./redirect-list.ts";

describe("an entry", () => {
  test.each([
    ["claude.ai", "claude.ai"],
    ["App.Example.COM", "app.example.com"],
    ["app.example.com:443", "app.example.com"],
    ["app.example.com:8443", "app.example.com:8443"],
    ["*.example.com", "*.example.com"],
    ["*.Example.com", "*.example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["intranet", "intranet"],
    ["[2001:db8::1]", "[2001:db8::1]"],
    ["cursor:", "cursor:"],
    ["MyApp:", "myapp:"],
    ["com.example.app:", "com.example.app:"],
  ])("%s is compared as %s", (text, entry) => {
    expect(readRedirectEntry(text)).toEqual({ entry });
  });

  test.each([
    ["", /^a host without https:\/\/ and path/],
    [" ", /^a host/],
    ["*", /^a host/],
    ["*.", /^a host/],
    ["*example.com", /^a host/],
    ["a.*.example.com", /^a host/],
    ["https://claude.ai", /^a host/],
    ["https://claude.ai/api/mcp/auth_callback", /^a host/],
    ["claude.ai/", /^a host/],
    ["claude.ai?x", /^a host/],
    ["claude.ai#x", /^a host/],
    ["user@claude.ai", /^a host/],
    ["claude.ai\\x", /^a host/],
    ["claude .ai", /^a host/],
    ["claude.ai:99999", /^a host/],
    ["myapp://", /^a host/],
    ["https:", /^a host/],
    ["http:", /^a host/],
    ["cursor", /^"cursor:" for the scheme of an app/],
    ["javascript:", /^another scheme: the scheme javascript: is never allowed$/],
    ["ms-settings:", /^another scheme: the scheme ms-settings: is never allowed$/],
    ["https.:", /^another scheme: the scheme https\.: looks like http: or https:$/],
  ])("%j is refused", (text, problem) => {
    expect(readRedirectEntry(text)).toEqual({ problem: expect.stringMatching(problem) });
  });

  test("the built-in ones are in the form in which they are compared", () => {
    for (const entry of BUILT_IN_REDIRECTS) expect(readRedirectEntry(entry)).toEqual({ entry });
  });
});

describe("an address on a list", () => {
  const list = new Set([
    "claude.ai",
    "*.example.com",
    "app.example.org:8443",
    "*.example.net:8443",
    "cursor:",
    "com.a.b:",
  ]);

  test.each([
    ["https://claude.ai/cb", true],
    ["https://claude.ai:443/cb", true],
    ["https://CLAUDE.AI/cb", true],
    ["https://claude.ai:8443/cb", false],
    ["https://claude.ai./cb", false],
    ["https://evil-claude.ai/cb", false],
    ["https://claude.ai.evil.example/cb", false],
    ["https://x.claude.ai/cb", false],
    ["https://evil.example/claude.ai", false],
    ["https://a.example.com/cb", true],
    ["https://a.b.example.com/cb", true],
    ["https://example.com/cb", false],
    ["https://evilexample.com/cb", false],
    ["https://a.example.com.evil.example/cb", false],
    ["https://a.example.com:8443/cb", false],
    ["https://app.example.org:8443/cb", true],
    ["https://app.example.org/cb", false],
    ["https://a.example.net:8443/cb", true],
    ["https://a.example.net/cb", false],
    ["cursor://anysphere.cursor-mcp/cb", true],
    ["CURSOR://x", true],
    ["cursors://x", false],
    ["com.a.b:/cb", true],
    ["com.a:/cb", false],
    // A scheme says nothing of a host of that name, nor the other way round.
    ["claude.ai://cb", false],
    ["https://cursor/cb", false],
    ["myapp://claude.ai/cb", false],
    ["myapp://a.example.com/cb", false],
    ["http://127.0.0.1/cb", false],
  ])("%s: %s", (uri, listed) => {
    expect(isListed(list, uri)).toBe(listed);
  });

  test("*.host has every subdomain and nothing else", () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
    const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
    fc.assert(
      fc.property(host, host, (parent, other) => {
        const of = (name: string) => isListed(new Set([`*.${parent}.example`]), `https://${name}/cb`);
        expect(of(`${other}.${parent}.example`)).toBe(true);
        expect(of(`${parent}.example`)).toBe(false);
        expect(of(`${other}${parent}.example`)).toBe(`${other}${parent}`.endsWith(`.${parent}`));
      }),
    );
  });
});
