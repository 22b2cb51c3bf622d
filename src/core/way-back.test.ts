import { describe, expect, test } from "vitest";
import type { ClientOrigin } from "./client.ts";
import { BUILT_IN_REDIRECTS } from "./redirect-list.ts";
import { trustRedirect } from "./trusted-redirect.ts";
import { isForeignRedirect, type Occasion, wayBack } from "./way-back.ts";

const ORIGINS: readonly ClientOrigin[] = ["registered", "metadata_document", "preregistered"];
const OCCASIONS: readonly Occasion[] = ["approved", "denied", "error"];

/** What is right, once more and by hand: address → approved, denied and error. */
const TABLE: readonly (readonly [uri: string, ...ways: readonly string[]])[] = [
  ["http://127.0.0.1/cb", "redirect", "redirect", "redirect"],
  ["http://localhost:3118/cb", "redirect", "redirect", "redirect"],
  ["http://[::1]/cb", "redirect", "redirect", "redirect"],
  ["https://localhost:8443/cb", "redirect", "redirect", "redirect"],
  ["https://claude.ai/api/mcp/auth_callback", "redirect", "redirect", "redirect"],
  ["https://claude.com/api/mcp/auth_callback", "redirect", "redirect", "redirect"],
  ["https://vscode.dev/redirect", "redirect", "redirect", "redirect"],
  ["https://insiders.vscode.dev/redirect", "redirect", "redirect", "redirect"],
  ["https://chatgpt.com/connector_platform_oauth_redirect", "redirect", "redirect", "redirect"],
  ["https://www.cursor.com/agents/mcp/oauth/callback", "redirect", "redirect", "redirect"],
  ["https://evil.example/cb", "redirect", "page", "page"],
  ["https://claude.ai.evil.example/cb", "redirect", "page", "page"],
  ["https://claude.ai:8443/cb", "redirect", "page", "page"],
  ["cursor://anysphere.cursor-mcp/oauth/callback", "opens", "page", "page"],
  ["vscode://x", "opens", "page", "page"],
  ["vscode-insiders://x", "opens", "page", "page"],
  ["claude://x", "opens", "page", "page"],
  ["windsurf://x", "opens", "page", "page"],
  ["zed://x", "opens", "page", "page"],
  ["raycast://x", "opens", "page", "page"],
  ["workbuddy://x", "opens", "page", "page"],
  ["com.example.app:/cb", "opens", "page", "page"],
  ["com.example.app://cb", "opens", "page", "page"],
  ["steam://run/440", "page", "page", "page"],
  ["myapp://cb", "page", "page", "page"],
  ["myapp://claude.ai/cb", "page", "page", "page"],
];
/** What the operator's own clients have in place of it. */
const OF_OPERATOR: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...TABLE.filter(([uri]) => uri.startsWith("http")).map(
    ([uri]) => [uri, ["redirect", "redirect", "redirect"]] as const,
  ),
  ["steam://run/440", ["opens", "page", "page"]],
  ["myapp://cb", ["opens", "page", "page"]],
  ["myapp://claude.ai/cb", ["opens", "page", "page"]],
]);

const cases = TABLE.flatMap(([uri, ...ways]) =>
  ORIGINS.flatMap((origin) =>
    OCCASIONS.map((occasion, index) => {
      const right = (origin === "preregistered" ? OF_OPERATOR.get(uri) : undefined) ?? ways;
      return { uri, origin, occasion, way: right[index] ?? "" };
    }),
  ),
);

describe("the way back to the client", () => {
  test.each(cases)("$uri, $origin, $occasion: $way", ({ uri, origin, occasion, way }) => {
    expect(wayOf(uri, origin, occasion)).toBe(way);
  });

  test("without the built-in list, its hosts and schemes are like any other", () => {
    const none: ReadonlySet<string> = new Set();
    expect(wayOf("https://claude.ai/cb", "registered", "error", none)).toBe("page");
    expect(wayOf("https://claude.ai/cb", "registered", "approved", none)).toBe("redirect");
    expect(wayOf("cursor://x", "registered", "approved", none)).toBe("page");
    expect(wayOf("com.example.app:/cb", "registered", "approved", none)).toBe("opens");
    expect(wayOf("http://localhost/cb", "registered", "error", none)).toBe("redirect");
  });

  test("what the operator trusts is like what is built in", () => {
    const mine = new Set(["app.example.com", "*.example.org", "myapp:"]);
    expect(wayOf("https://app.example.com/cb", "registered", "error", mine)).toBe("redirect");
    expect(wayOf("https://x.example.org/cb", "metadata_document", "denied", mine)).toBe("redirect");
    expect(wayOf("https://example.org/cb", "registered", "error", mine)).toBe("page");
    expect(wayOf("myapp://cb", "registered", "approved", mine)).toBe("opens");
    expect(wayOf("myapp://cb", "registered", "error", mine)).toBe("page");
  });
});

describe("a redirect that a document's host does not vouch for", () => {
  test.each([
    ["https://evil.example/client.json", "https://evil.example/cb", false],
    ["https://evil.example/client.json", "https://claude-ai.evil.example/cb", false],
    ["https://app.example.com/c", "https://example.com/cb", true],
    ["https://app.example.com/c", "https://evil.example/cb", true],
    ["https://app.example.com/c", "https://app.example.com.evil.example/cb", true],
    ["https://app.example.com/c", "https://evilapp.example.com/cb", true],
    ["https://app.example.com:8443/c", "https://app.example.com/cb", true],
    ["https://app.example.com:8443/c", "https://app.example.com:8443/cb", false],
    ["https://app.example.com/c", "https://claude.ai/cb", false],
    ["https://app.example.com/c", "cursor://x", false],
    ["https://app.example.com/c", "myapp://x", true],
    ["https://app.example.com/c", "com.example.app:/x", true],
    ["https://app.example.com/c", "http://localhost:1/cb", false],
  ])("%s to %s: %s", (id, uri, foreign) => {
    expect(isForeignRedirect({ id, origin: "metadata_document" }, uri, BUILT_IN_REDIRECTS)).toBe(foreign);
  });

  test("there is none where there is no document", () => {
    for (const origin of ["registered", "preregistered"] as const) {
      expect(isForeignRedirect({ id: "x", origin }, "https://evil.example/cb", BUILT_IN_REDIRECTS)).toBe(
        false,
      );
    }
  });
});

function wayOf(uri: string, origin: ClientOrigin, occasion: Occasion, trusted = BUILT_IN_REDIRECTS): string {
  const way = wayBack(
    { origin },
    trustRedirect({ redirectUris: [uri], origin }, uri, undefined),
    occasion,
    trusted,
  );
  if (way.by === "redirect") expect(way.to.uri).toBe(uri);
  return way.by === "page" && way.opensItself ? "opens" : way.by;
}
