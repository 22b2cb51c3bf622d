import { generateKeyPairSync } from "node:crypto";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import { type ProviderOptions, parseProviders } from "../../src/config/provider-options.ts";
import { ConfigurationError } from "../../src/index.ts";
import { fetchJson } from "../../src/platform/fetch-json.ts";
import { openProvider } from "../../src/resource-server/provider/provider-verifier.ts";
import { AUDIENCE } from "../support/issuer.ts";
import { startScripted } from "../support/token-endpoint.ts";

// How this server proves itself to the provider that it asks about a token (RFC 7662 §2.1, RFC 7523 §2.2).

const NOW = Date.UTC(2026, 10, 1);
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });

async function ask(introspection: ProviderOptions["introspection"]) {
  const server = await startScripted(() => ({
    body: { active: true, aud: AUDIENCE, sub: "ada", scope: "mcp", exp: NOW / 1000 + 60 },
  }));
  closing.push(server.close);
  const [provider] = parseProviders(
    {
      issuer: server.url,
      audience: AUDIENCE,
      introspection: { endpoint: `${server.url}/introspect`, ...introspection } as never,
    },
    AUDIENCE,
  );
  const { verify } = openProvider(provider, { fetchJson, clock: () => NOW });
  expect(await verify("opaque/1")).toMatchObject({ kind: "verified" });
  expect(await verify("opaque/2")).toMatchObject({ kind: "verified" });
  const [first, second] = server.asked;
  expect(first?.params.get("token")).toBe("opaque/1");
  expect(first?.params.get("token_type_hint")).toBe("access_token");
  return { server, first, second };
}

describe("introspection.authentication", () => {
  it.each([undefined, "client_secret_basic"] as const)(
    "%s: in the header, form-encoded",
    async (authentication) => {
      const { first } = await ask({ clientId: "r:s", clientSecret: "s+cret", authentication });
      expect(first?.headers.authorization).toBe(`Basic ${btoa("r%3As:s%2Bcret")}`);
      expect(first?.params.has("client_id") || first?.params.has("client_secret")).toBe(false);
    },
  );

  it("client_secret_post: in the body, and nothing in the header", async () => {
    const { first } = await ask({
      clientId: "r:s",
      clientSecret: "s+cret",
      authentication: "client_secret_post",
    });
    expect(first?.headers.authorization).toBeUndefined();
    expect(first?.params.get("client_id")).toBe("r:s");
    expect(first?.params.get("client_secret")).toBe("s+cret");
  });

  it.each(["private_key_jwt", undefined] as const)(
    "%s with a key: a new assertion for each question, for this provider alone",
    async (authentication) => {
      const { server, first, second } = await ask({
        clientId: "rs",
        privateKey: ec.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
        keyId: "k1",
        authentication,
      });
      expect(first?.headers.authorization).toBeUndefined();
      expect(first?.params.get("client_id")).toBe("rs");
      expect(first?.params.has("client_secret")).toBe(false);
      expect(first?.params.get("client_assertion_type")).toBe(
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      );
      const assertion = first?.params.get("client_assertion") ?? "";
      expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: "ES256", kid: "k1" });
      const { payload } = await jwtVerify(assertion, ec.publicKey, {
        issuer: "rs",
        subject: "rs",
        audience: server.url,
        currentDate: new Date(NOW),
      });
      expect(payload.exp).toBe(NOW / 1000 + 60);
      const next = await jwtVerify(second?.params.get("client_assertion") ?? "", ec.publicKey, {
        currentDate: new Date(NOW),
      });
      expect(next.payload.jti).not.toBe(payload.jti);
    },
  );

  it("takes another audience and algorithm, and Ed25519 by either name", async () => {
    const key = generateKeyPairSync("ed25519");
    for (const algorithm of ["EdDSA", "Ed25519"]) {
      const { first } = await ask({
        clientId: "rs",
        privateKey: { ...key.privateKey.export({ format: "jwk" }), alg: algorithm },
        assertionAudience: "https://idp.example/introspect",
      });
      const assertion = first?.params.get("client_assertion") ?? "";
      expect(decodeProtectedHeader(assertion).alg).toBe(algorithm);
      await jwtVerify(assertion, key.publicKey, {
        audience: "https://idp.example/introspect",
        currentDate: new Date(NOW),
      });
    }
  });

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  it.each<[object, RegExp]>([
    [{}, /^introspection\.clientSecret is missing; give it, or introspection\.privateKey\.$/],
    [
      { clientSecret: "hunter2", privateKey: ec.privateKey },
      /^introspection\.clientSecret and introspection\.privateKey are both given\. Keep one of them\.$/,
    ],
    [
      { clientSecret: "hunter2", authentication: "private_key_jwt" },
      /^introspection\.authentication is "private_key_jwt", which needs a privateKey instead of the clientSecret\.$/,
    ],
    [
      { privateKey: ec.privateKey, authentication: "client_secret_post" },
      /^introspection\.authentication is "client_secret_post", which needs a clientSecret instead of the privateKey\.$/,
    ],
    [
      { clientSecret: "hunter2", authentication: "none" },
      /^introspection\.authentication is "none"; it must be "client_secret_basic", "client_secret_post" or "private_key_jwt"\.$/,
    ],
    [{ privateKey: "hunter2" }, /^introspection\.privateKey is not usable; it must be a private key/],
    [
      { privateKey: rsa.privateKey, algorithm: "ES256" },
      /^introspection\.privateKey is a key \(rsa\) that cannot sign with ES256/,
    ],
    [
      { clientSecret: "hunter2", clientSecrt: 1 },
      /^introspection\.clientSecrt is not an option\. Did you mean clientSecret\?/,
    ],
  ])("%# is refused with a sentence, without the secret", (given, sentence) => {
    const parse = () =>
      parseProviders(
        {
          issuer: "https://idp.example",
          audience: "x",
          introspection: { clientId: "rs", ...given },
        } as never,
        AUDIENCE,
      );
    expect(parse).toThrow(ConfigurationError);
    expect(parse).toThrow(sentence);
    expect(parse).not.toThrow(/hunter2/);
  });

  it("says how the provider may want them, where it does not take them", async () => {
    const server = await startScripted(() => ({ status: 401, body: { error: "invalid_client" } }));
    closing.push(server.close);
    const [provider] = parseProviders(
      {
        issuer: server.url,
        audience: AUDIENCE,
        introspection: { endpoint: server.url, clientId: "rs", clientSecret: "hunter2" },
      },
      AUDIENCE,
    );
    const { verify } = openProvider(provider, { fetchJson, clock: () => NOW });
    await expect(verify("opaque")).rejects.toMatchObject({
      code: "temporarily_unavailable",
      detail: expect.stringMatching(/^introspection answered 401: .*introspection\.authentication/),
    });
  });
});
