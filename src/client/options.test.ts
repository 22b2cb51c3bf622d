import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ConfigurationError, TokenManager, type TokenManagerOptions } from "./index.ts";
import { parseTokenManagerOptions } from "./options.ts";

const SOUND: TokenManagerOptions = {
  tokenEndpoint: "https://idp.example/token",
  clientId: "reports",
  clientSecret: "s3cret",
};
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const withKey = (privateKey: unknown, more: object = {}) =>
  ({ ...SOUND, clientSecret: undefined, privateKey, ...more }) as TokenManagerOptions;

describe("options of a TokenManager", () => {
  it.each<[object, string]>([
    [{ tokenEndpoint: undefined }, "Say where tokens come from: tokenEndpoint, issuer, or resource."],
    [
      { tokenEndpoint: "http://idp.example/token" },
      'tokenEndpoint is "http://idp.example/token"; it must be an https:// URL (http:// on this computer only, unless [allowInsecureIssuer] is true).',
    ],
    [
      { tokenEndpoint: undefined, issuer: "idp.example" },
      'issuer is "idp.example"; it must be an https:// URL (http:// on this computer only, unless [allowInsecureIssuer] is true).',
    ],
    [
      { tokenEndpoint: undefined, resource: "http://mcp.example/mcp" },
      'resource is "http://mcp.example/mcp"; it must be an https:// URL (http:// on this computer only, unless [allowInsecureIssuer] is true).',
    ],
    [
      { resource: "https://mcp.example/mcp#top" },
      'resource is "https://mcp.example/mcp#top"; it must be the resource as an absolute URL without a fragment, such as "https://mcp.example.com/mcp".',
    ],
    [
      {
        tokenEndpoint: undefined,
        resource: "https://mcp.example/mcp",
        assertionAudience: "https://idp.example",
      },
      "assertionAudience also needs an issuer or a tokenEndpoint.",
    ],
    [{ clientId: undefined }, "clientId is missing; it must be the client_id, as text."],
    [{ clientSecret: undefined }, "clientSecret is missing; give it, or privateKey."],
    [{ clientSecret: "" }, "clientSecret is empty; it must be the client's secret, as text."],
    [{ privateKey: ec.privateKey }, "clientSecret and privateKey are both given. Keep one of them."],
    [{ clientSecrt: "x" }, "clientSecrt is not an option. Did you mean clientSecret?"],
    [
      { scope: "ä" },
      'scope is "ä"; it must be scopes separated by spaces, or a list of them, such as "todo:read todo:write".',
    ],
    [
      { parameters: { grant_type: "password" } },
      "parameters holds grant_type, which is not for extra parameters. Use the option of that name, or leave it out.",
    ],
    [{ parameters: { tenant: 7 } }, "parameters.tenant is 7; it must be an object of texts by name."],
    [
      { authenticationMethod: "none" },
      'authenticationMethod is "none"; it must be "client_secret_basic" or "client_secret_post" (a private key needs none).',
    ],
    [{ clock: 7 }, "clock is 7; it must be a function."],
  ])("%j: one sentence", (wrong, sentence) => {
    const make = () => new TokenManager({ ...SOUND, ...wrong } as TokenManagerOptions);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(sentence);
  });

  it("takes http:// on this computer, and a resource that is only a name beside a token endpoint", () => {
    for (const more of [
      { tokenEndpoint: "http://localhost:9000/token" },
      { resource: "http://mcp.internal/mcp" },
      { resource: "urn:example:reports" },
    ]) {
      expect(() => new TokenManager({ ...SOUND, ...more })).not.toThrow();
    }
  });
});

describe("a private key", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ed = generateKeyPairSync("ed25519");
  const pem = { format: "pem", type: "pkcs8" } as const;

  it.each<[string, unknown, object, { algorithm: string; keyId: string | undefined }]>([
    ["PEM", ec.privateKey.export(pem), {}, { algorithm: "ES256", keyId: undefined }],
    [
      "PEM of OpenSSL's older form",
      ec.privateKey.export({ format: "pem", type: "sec1" }),
      {},
      { algorithm: "ES256", keyId: undefined },
    ],
    ["a KeyObject", rsa.privateKey, { keyId: "1" }, { algorithm: "RS256", keyId: "1" }],
    ["with an algorithm", rsa.privateKey, { algorithm: "PS256" }, { algorithm: "PS256", keyId: undefined }],
    [
      "a JSON Web Key that says both",
      { ...rsa.privateKey.export({ format: "jwk" }), alg: "RS384", kid: "2" },
      {},
      { algorithm: "RS384", keyId: "2" },
    ],
    ["Ed25519", ed.privateKey, {}, { algorithm: "EdDSA", keyId: undefined }],
  ])("can be %s", (_what, privateKey, more, expected) => {
    const { credentials } = parseTokenManagerOptions(withKey(privateKey, more));
    expect(credentials.kind === "key" && credentials.key).toMatchObject(expected);
  });

  it.each<[string, unknown, object, RegExp]>([
    ["a public key", ec.publicKey, {}, /must be a private key/],
    ["text", "-----BEGIN PRIVATE KEY-----\nhunter2\n", {}, /must be a private key/],
    ["a public JSON Web Key", ec.publicKey.export({ format: "jwk" }), {}, /must be a private key/],
    ["a number", 7, {}, /must be a private key/],
    ["of another kind than the algorithm", ec.privateKey, { algorithm: "RS256" }, /cannot sign with RS256/],
    ["with a symmetric algorithm", ec.privateKey, { algorithm: "HS256" }, /cannot sign with HS256/],
    ["X25519, which signs nothing", generateKeyPairSync("x25519").privateKey, {}, /cannot sign/],
  ])("cannot be %s, and is not shown", (_what, privateKey, more, sentence) => {
    const make = () => new TokenManager(withKey(privateKey, more));
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(sentence);
    expect(make).not.toThrow(/hunter2|BEGIN/);
  });
});
