import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ClientMetadata,
  clientIdOf,
  formatClientMetadata,
  parseClientMetadata,
} from "./client-metadata.ts";
import { OAuthError } from "./errors.ts";

const catalogue = {
  descriptions: new Map([
    ["mcp", "Use the tools"],
    ["todo:write", "Change your to-do list"],
  ]),
};
const read = (members: object): ClientMetadata =>
  parseClientMetadata({ redirect_uris: ["https://a.example/cb"], ...members }, { catalogue });
const refusal = (act: () => unknown): OAuthError => {
  try {
    act();
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
  throw new Error("it was not refused");
};

const USABLE_KEY = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};

describe("redirect_uris (RFC 7591 §2)", () => {
  test("are required, a list, and not too many or too long", () => {
    for (const redirect_uris of [
      undefined,
      null,
      [],
      "https://a.example/cb",
      [1],
      Array.from({ length: 51 }, (_, i) => `https://a.example/${i}`),
      [`https://a.example/${"x".repeat(2048)}`],
    ]) {
      expect(refusal(() => read({ redirect_uris })).code).toBe("invalid_redirect_uri");
    }
  });

  test("one that is wrong fails all, and is named", () => {
    const error = refusal(() => read({ redirect_uris: ["https://a.example/cb", "http://evil.example/cb"] }));
    expect(error.code).toBe("invalid_redirect_uri");
    expect(error.message).toContain("http://evil.example/cb");
  });

  test("are kept as they were written, each once", () => {
    const redirect_uris = [
      "https://A.example",
      "cursor://anysphere.cursor-mcp/oauth/callback",
      "https://A.example",
    ];
    expect(read({ redirect_uris }).redirectUris).toEqual(redirect_uris.slice(0, 2));
  });
});

describe("clients of the field", () => {
  test("Cursor: three kinds of address in one registration", () => {
    const cursor = read({
      client_name: "Cursor",
      redirect_uris: [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
      ],
      token_endpoint_auth_method: "none",
      software_id: "unknown members are ignored",
    });
    expect(cursor).toMatchObject({ name: "Cursor", applicationType: "native", authenticationMethod: "none" });
  });

  test("Claude Code: loopback, no application_type, no scope, no method", () => {
    const code = read({ client_name: "Claude Code", redirect_uris: ["http://localhost:54321/callback"] });
    expect(code).toMatchObject({ applicationType: "native", authenticationMethod: "none", scopes: [] });
    expect(code.grantTypes).toEqual(["authorization_code", "refresh_token"]);
  });

  test("a web client that names no method gets the RFC's default, a secret", () => {
    expect(read({})).toMatchObject({ applicationType: "web", authenticationMethod: "client_secret_basic" });
  });

  test("one that says null where it has nothing is not refused", () => {
    expect(
      read({
        client_uri: null,
        logo_uri: null,
        scope: null,
        jwks: null,
        application_type: null,
        client_name: null,
      }),
    ).toMatchObject({ name: null, clientUri: null, applicationType: "web" });
  });
});

describe("what is refused as invalid_client_metadata", () => {
  test.each<[string, object]>([
    ["a method that we do not do", { token_endpoint_auth_method: "client_secret_jwt" }],
    ["grant types without authorization_code", { grant_types: ["client_credentials"] }],
    ["refresh_token alone", { grant_types: ["refresh_token"] }],
    ["response types without code", { response_types: ["token"] }],
    ["a name that is no text", { client_name: 7 }],
    ["private_key_jwt without keys", { token_endpoint_auth_method: "private_key_jwt" }],
    [
      "private_key_jwt with keys in two places",
      {
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [USABLE_KEY] },
        jwks_uri: "https://a.example/jwks",
      },
    ],
    [
      "no key that can be used here",
      {
        token_endpoint_auth_method: "private_key_jwt",
        jwks: {
          keys: [
            { kty: "RSA", n: "_".repeat(1366), e: "AQAB" },
            { ...USABLE_KEY, crv: "P-521" },
          ],
        },
      },
    ],
    ["a key set without keys", { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [] } }],
    [
      "a private key",
      { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ ...USABLE_KEY, d: "secret" }] } },
    ],
    [
      "a symmetric key",
      { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ kty: "oct", k: "c" }] } },
    ],
    [
      "a key with members that no key has: nesting without end would overflow the stack",
      {
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [{ ...USABLE_KEY, x: JSON.parse(`${"[".repeat(30_000)}${"]".repeat(30_000)}`) }] },
      },
    ],
    [
      "a jwks_uri without TLS",
      { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "http://a.example/jwks" },
    ],
    [
      "a jwks_uri with a password",
      { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://u:p@a.example/jwks" },
    ],
  ])("%s", (_what, members) => {
    expect(refusal(() => read(members)).code).toBe("invalid_client_metadata");
  });

  test.each([[undefined], [null], ["text"], [[]], [7]])("%j in place of an object", (input) => {
    expect(refusal(() => parseClientMetadata(input, { catalogue })).code).toMatch(/^invalid_/);
  });
});

describe("what is narrowed", () => {
  test("grant types and scopes that are not ours go, the rest stays", () => {
    const client = read({
      grant_types: [
        "authorization_code",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
      ],
      scope: "mcp admin offline_access todo:write",
    });
    expect(client.grantTypes).toEqual(["authorization_code"]);
    expect(client.scopes).toEqual(["mcp", "offline_access", "todo:write"]);
  });

  test("links that are not https, or that look like another site, go", () => {
    for (const link of [
      "http://a.example/",
      "javascript:alert(1)",
      "https://claude.ai@evil.example/",
      "nonsense",
      "",
    ]) {
      expect(read({ client_uri: link, logo_uri: link })).toMatchObject({ clientUri: null, logoUri: null });
    }
    expect(read({ client_uri: "https://a.example/about" }).clientUri).toBe("https://a.example/about");
  });

  test("a key that cannot be used here is passed over beside one that can (RFC 7517 §5)", () => {
    const keys = [{ kty: "RSA", n: "_".repeat(1366), e: "AQAB", use: "enc" }, USABLE_KEY];
    const method = { token_endpoint_auth_method: "private_key_jwt" };
    expect(read({ ...method, jwks: { keys } }).jwks).toEqual({ keys });
  });

  test("keys of a client that does not authenticate with them go", () => {
    expect(
      read({ token_endpoint_auth_method: "none", jwks_uri: "https://a.example/jwks" }).jwksUri,
    ).toBeNull();
  });
});

describe("the name on the consent page", () => {
  test.each([
    ["Claude (Code) 2.0", "Claude (Code) 2.0"],
    ["  Claude \n\t Code ", "Claude Code"],
    ["Claude  Code ", "Claude Code"],
    ["Claude\n", "Claude"],
    ["edualC\u202E", "edualC"],
    ["Cl\u200Baude\uFEFF", "Claude"],
    ["a\u0000b\u0007c", "a b c"],
    ["\u2067\u3164\u00AD ", null],
    ["e\u0301\u0301\u0301\u0301\u0301\u0301", "\u00E9\u0301\u0301\u0301"],
    ["x".repeat(500), "x".repeat(100)],
    ["😀".repeat(200), "😀".repeat(100)],
  ])("%j is shown as %j", (given, shown) => {
    expect(read({ client_name: given }).name).toBe(shown);
  });

  test("holds nothing that reorders, hides or breaks lines, whatever was sent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (given) => {
        const { name } = read({ client_name: given });
        expect(name ?? "").not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
        expect([...(name ?? "")].length).toBeLessThanOrEqual(100);
      }),
    );
  });
});

describe("the content-addressed id", () => {
  const metadata = fc.record({
    client_name: fc.option(fc.string(), { nil: undefined }),
    redirect_uris: fc.uniqueArray(fc.webUrl({ validSchemes: ["https"] }), { minLength: 1, maxLength: 4 }),
    token_endpoint_auth_method: fc.constant("none"),
    scope: fc.constantFrom(undefined, "mcp", "mcp todo:write", "todo:write mcp"),
  });

  test("is the same for what the response echoes, in any order", () => {
    fc.assert(
      fc.property(metadata, (members) => {
        const first = read(members);
        const again = read(formatClientMetadata(first));
        const turned = read({ ...members, redirect_uris: [...members.redirect_uris].reverse() });
        expect(clientIdOf(again)).toBe(clientIdOf(first));
        expect(clientIdOf(turned)).toBe(clientIdOf(first));
      }),
    );
  });

  test("is another one as soon as anything differs", () => {
    const variants = [
      {},
      { client_name: "A" },
      { client_name: "B" },
      { scope: "mcp" },
      { redirect_uris: ["https://a.example/cb", "https://b.example/cb"] },
      { redirect_uris: ["https://a.example/cb,https://b.example/cb"] },
      { grant_types: ["authorization_code"] },
      { client_uri: "https://a.example/" },
      { logo_uri: "https://a.example/" },
      { application_type: "native" },
    ];
    const ids = variants.map((variant) =>
      clientIdOf(read({ token_endpoint_auth_method: "none", ...variant })),
    );
    expect(new Set(ids).size).toBe(variants.length);
    for (const id of ids) expect(id).toMatch(/^dcr_[A-Za-z0-9_-]{43}$/);
  });

  test("stays what it was in earlier versions: clients hold on to it for years", () => {
    const id = clientIdOf(
      read({
        client_name: "Cursor",
        redirect_uris: ["http://localhost:8787/callback", "cursor://anysphere.cursor-mcp/oauth/callback"],
        token_endpoint_auth_method: "none",
        scope: "mcp",
      }),
    );
    expect(id).toMatchInlineSnapshot(`"dcr_Qt6ARINsCY3KWWfl16deKyKns4kL6OdsFZSi5A88wpY"`);
  });
});

test("the echo leaves out what is empty (RFC 7591 §3.2.1)", () => {
  expect(formatClientMetadata(read({ token_endpoint_auth_method: "none" }))).toEqual({
    redirect_uris: ["https://a.example/cb"],
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    application_type: "web",
  });
});
