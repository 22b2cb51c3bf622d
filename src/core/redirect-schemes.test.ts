import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigurationError, OAuthError } from "./errors.ts";
import { preregisteredClient } from "./preregistered-client.ts";
import { redirectKind } from "./redirect-uri.ts";

const NEVER = [
  // The scheme of issue after issue: they open a terminal, a script, a camera or an installer.
  "applescript://com.apple.scripteditor?action=new",
  "x-man-page://ls",
  "jnlp://host/app",
  "jnlps://host/app",
  "search-ms://query",
  "shell://x",
  "itms-services://x",
  "shortcuts://run-shortcut",
  "terminal://x",
  "ssh://host",
  // Operating systems' own.
  "ms-msdt://id",
  "ms-settings://x",
  "ms-appinstaller://x",
  "microsoft-edge://a.example",
  "microsoft-edge-holographic://a.example",
  "microsoft.windows.camera:/x",
  "microsoft.windows.camera://x",
  "x-apple.systempreferences:/x",
  "x-apple-helpbasic://x",
  "com.apple.systempreferences:/x",
  "com.apple.tv://x",
  "com.android.settings://x",
  "windows.settings:/x",
  // Browsers' own.
  "about://blank",
  "chrome://settings",
  "chrome-untrusted://x",
  "chrome-extension://x/y",
  "chrome-native://x",
  "edge://settings",
  "edge-extension://x",
  "moz-extension://x/y",
  "firefox://x",
  "firefox-private://x",
  "googlechrome://a.example",
  "google-chrome://a.example",
  "chromium://settings",
  "googlechromes://a.example",
  "x-safari-https://a.example",
  "safari-web-extension://x/y",
  "webkit-fake-url://x",
  "devtools://x",
  "opera://settings",
  "brave://settings",
  "vivaldi://settings",
  "view-source://x",
  "web+evil://x",
  "web+evil.x:/y",
  // Look-alikes of http and https.
  "https.://claude.ai/cb",
  "http.://localhost/cb",
  "https.claude.ai:/cb",
  "https.claude.ai://cb",
  "https-://claude.ai",
  "https+://claude.ai",
  "https1://claude.ai",
  "httpss://claude.ai",
  "htttps://claude.ai",
  "htpps://claude.ai",
  "htps://claude.ai",
  "hhttps://claude.ai",
  "httsp://claude.ai",
  "ttps://claude.ai",
  "h.ttps://claude.ai",
  "h-t-t-p-s://claude.ai",
  "hxxps://claude.ai",
  "hxxp://claude.ai",
  "secure.https://claude.ai",
  "https.secure://claude.ai",
  "com.https.app:/cb",
  "shttp://claude.ai",
  "http://claude.ai",
];

describe("schemes that never register", () => {
  test.each(NEVER)("%s", (uri) => {
    expect(() => redirectKind(uri)).toThrow(OAuthError);
    expect(() => redirectKind(uri.replace(/^[^:]+/, (scheme) => scheme.toUpperCase()))).toThrow(OAuthError);
  });

  test.each(NEVER)("the operator's clients have no exception: %s", (uri) => {
    const rules = { catalogue: { descriptions: new Map() } };
    expect(() => preregisteredClient({ id: "mine", redirectUris: [uri] }, rules, 0)).toThrow(
      ConfigurationError,
    );
  });

  test("whatever is put into http or https between its letters", () => {
    const put = fc.constantFrom("", ".", "-", "+", "1", "h", "t", "p", "s", "x", ".x");
    fc.assert(
      fc.property(
        fc.constantFrom("http", "https"),
        fc.array(put, { minLength: 5, maxLength: 5 }),
        (of, puts) => {
          const scheme = [...of].map((letter, index) => letter + (puts[index] ?? "")).join("");
          if (scheme === "https" || /x/.test(scheme)) return;
          expect(() => redirectKind(`${scheme}://claude.ai/cb`)).toThrow(OAuthError);
        },
      ),
    );
  });
});

describe("schemes that register", () => {
  test.each([
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "vscode://vscode.github-authentication/did-authenticate",
    "vscode-insiders://x",
    "claude://callback",
    "windsurf://x",
    "zed://x",
    "raycast://oauth",
    "workbuddy://workbuddy/mcp/connector%3A/oauth/callback",
    "com.example.app:/cb",
    "com.example.app://cb",
    "com.example.app:/",
    "com.raycast:/oauth?package_name=Extension",
    "com.microsoft.teams:/cb",
    "app.example:/cb",
    // Without a dot and unknown: they register, and open nothing without a click.
    "steam://run/440",
    "myapp://cb",
    "grokbot://mcp/oauth/callback",
    "mcpjam://oauth/callback",
    "msteams://x",
    "hyper://x",
    "shop://x",
    "tpm://x",
  ])("%s", (uri) => {
    expect(redirectKind(uri)).toBe("private-use");
  });
});

describe("a forgotten https:// is told apart from a dotted scheme", () => {
  test.each(["app.example:8080/cb", "app.example:8080", "app.example:443/cb?x=1", "localhost:3000/cb"])(
    "%s",
    (uri) => {
      expect(() => redirectKind(uri)).toThrow(/begins with a host and a port; put https?:\/\/ before it/);
    },
  );

  test.each(["com.example.app:cb", "com.example.app:", "com.example.app:?x=1", "app.example:cb/x"])(
    "%s",
    (uri) => {
      expect(() => redirectKind(uri)).toThrow(
        /a slash must come after (com\.example\.app|app\.example): .* put https:\/\/ before it/,
      );
    },
  );

  test("whatever the host and the port are", () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
    fc.assert(
      fc.property(label, label, fc.integer({ min: 1, max: 65535 }), (name, top, port) => {
        expect(() => redirectKind(`${name}.${top}:${port}/cb`)).toThrow(OAuthError);
      }),
    );
  });
});
