import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import { parseProviders } from "../../src/config/provider-options.ts";
import { fetchJson } from "../../src/platform/fetch-json.ts";
import { openProvider } from "../../src/resource-server/provider/provider-verifier.ts";
import { AUDIENCE } from "../support/issuer.ts";
import { startScripted } from "../support/token-endpoint.ts";

// Key sets as providers publish them: a key that nobody can use stands beside those that everybody does.

const NOW = Date.UTC(2026, 10, 1);
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Pair = { readonly privateKey: CryptoKey; readonly jwk: JWK };

async function pair(alg: string, more: JWK = {}): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), ...more } };
}

/** A provider that publishes these keys. */
async function publishing(keys: unknown) {
  const server = await startScripted(() => ({ body: { keys } }));
  closing.push(server.close);
  const [provider] = parseProviders(
    { issuer: server.url, audience: AUDIENCE, jwksUri: `${server.url}/jwks` },
    AUDIENCE,
  );
  const { verify } = openProvider(provider, { fetchJson, clock: () => NOW });
  const token = (by: Pair, header: { alg: string; kid?: string }) =>
    new SignJWT({ iss: server.url, aud: AUDIENCE, sub: "ada", scope: "mcp", exp: NOW / 1000 + 600 })
      .setProtectedHeader({ typ: "at+jwt", ...header })
      .sign(by.privateKey);
  return { server, verify, token };
}

const rsa = await pair("RS256", { kid: "good" });
const { n: _n, ...withoutN } = rsa.jwk;

describe("a key that is none is skipped (RFC 7517 §5)", () => {
  it.each<[string, unknown]>([
    ["kid: null", { ...rsa.jwk, kid: null }],
    ["kid: 7", { ...rsa.jwk, kid: 7 }],
    ["no kty", { kid: "odd", n: "AQAB", e: "AQAB" }],
    ["kty: 7", { ...rsa.jwk, kty: 7 }],
    ["null", null],
    ["text", "RSA"],
    ["a list", [rsa.jwk]],
    ["an RSA key without n", { ...withoutN, kid: "odd" }],
    ["an RSA key without n, of the same kid", withoutN],
    ["use: null", { ...rsa.jwk, use: null }],
    ["alg: 7", { ...rsa.jwk, alg: 7 }],
    ["key_ops without verify", { ...rsa.jwk, key_ops: ["encrypt"] }],
    ["a kty that nobody knows", { kty: "FUTURE", kid: "good" }],
    ["a symmetric key", { kty: "oct", k: "AQAB", kid: "good", alg: "HS256" }],
    ["a curve that nobody knows", { kty: "EC", crv: "P-1", x: "AQAB", y: "AQAB", kid: "good" }],
  ])("%s, before and after a good one, with a kid in the token and without", async (_what, odd) => {
    for (const keys of [
      [odd, rsa.jwk],
      [rsa.jwk, odd],
    ]) {
      const { verify, token } = await publishing(keys);
      expect(await verify(await token(rsa, { alg: "RS256", kid: "good" }))).toMatchObject({
        kind: "verified",
      });
      expect(await verify(await token(rsa, { alg: "RS256" }))).toMatchObject({ kind: "verified" });
    }
  });

  it("and a token that names it names nothing: refused, never an outage", async () => {
    const { verify, token } = await publishing([{ ...withoutN, kid: "odd" }, rsa.jwk]);
    expect(await verify(await token(rsa, { alg: "RS256", kid: "odd" }))).toMatchObject({
      kind: "refused",
      why: 'unknown kid "odd"',
    });
  });

  it("while what is no key set is an outage", async () => {
    for (const keys of [undefined, null, { good: rsa.jwk }]) {
      const { verify, token } = await publishing(keys);
      await expect(verify(await token(rsa, { alg: "RS256", kid: "good" }))).rejects.toMatchObject({
        code: "temporarily_unavailable",
      });
    }
  });
});

describe("two keys under one kid", () => {
  it("are both tried, and no third one opens", async () => {
    const [one, other, third] = [await pair("RS256"), await pair("RS256"), await pair("RS256")];
    const { verify, token } = await publishing([one, other].map(({ jwk }) => ({ ...jwk, kid: "same" })));
    const by = async (key: Pair) => verify(await token(key, { alg: "RS256", kid: "same" }));
    expect(await by(one)).toMatchObject({ kind: "verified" });
    expect(await by(other)).toMatchObject({ kind: "verified" });
    expect(await by(third)).toMatchObject({ kind: "refused", why: "wrong signature" });
    // Without a kid nothing says which.
    expect(await verify(await token(one, { alg: "RS256" }))).toMatchObject({ kind: "refused" });
  });

  it("may be of two kinds", async () => {
    const [one, other] = [await pair("RS256", { kid: "same" }), await pair("ES256", { kid: "same" })];
    const { verify, token } = await publishing([one.jwk, other.jwk]);
    expect(await verify(await token(one, { alg: "RS256", kid: "same" }))).toMatchObject({ kind: "verified" });
    expect(await verify(await token(other, { alg: "ES256", kid: "same" }))).toMatchObject({
      kind: "verified",
    });
  });
});

it("a key that names no algorithm is good for each of its kind, one after the other", async () => {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const forPss = await crypto.subtle.importKey(
    "jwk",
    { ...(await exportJWK(privateKey)), alg: "PS256" },
    { name: "RSA-PSS", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const jwk = { ...(await exportJWK(publicKey)), kid: "both" };
  const { verify, token } = await publishing([jwk]);
  for (const [key, alg] of [
    [privateKey, "RS256"],
    [forPss, "PS256"],
    [privateKey, "RS256"],
  ] as const) {
    expect(await verify(await token({ privateKey: key, jwk }, { alg, kid: "both" }))).toMatchObject({
      kind: "verified",
    });
  }
});

describe("Ed25519 and EdDSA are one algorithm (RFC 9864)", () => {
  it.each([
    ["Ed25519", "Ed25519"],
    ["Ed25519", "EdDSA"],
    ["EdDSA", "Ed25519"],
    ["EdDSA", "EdDSA"],
    ["Ed25519", undefined],
    ["EdDSA", undefined],
  ])("a token of alg %s by a key of alg %s", async (alg, ofKey) => {
    const key = await pair("Ed25519", { kid: "ed", ...(ofKey !== undefined && { alg: ofKey }) });
    const { verify, token } = await publishing([key.jwk]);
    expect(await verify(await token(key, { alg, kid: "ed" }))).toMatchObject({ kind: "verified" });
    expect(await verify(await token(key, { alg }))).toMatchObject({ kind: "verified" });
  });

  it.each(["EdDSA", "Ed25519"])("but a key for key agreement signs nothing: %s", async (alg) => {
    const key = await pair("Ed25519", { kid: "ed", crv: "X25519" });
    const { verify, token } = await publishing([key.jwk]);
    expect(await verify(await token(key, { alg, kid: "ed" }))).toMatchObject({ why: 'unknown kid "ed"' });
  });
});

it.each(["none", "HS256", "HS512", "Ed448", "ES256K", "RSA1_5", "", "ed25519", "ML-DSA-44"])(
  "no token is verified with alg %j",
  async (alg) => {
    const { verify, server } = await publishing([rsa.jwk, { kty: "oct", k: "AQAB", kid: "good" }]);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { iss: server.url, aud: AUDIENCE, sub: "ada", scope: "mcp", exp: NOW / 1000 + 600 };
    const token = `${part({ alg, kid: "good", typ: "at+jwt" })}.${part(claims)}.AAAA`;
    expect(await verify(token)).toMatchObject({ kind: "refused", why: `alg "${alg}" is not accepted` });
    expect(server.asked).toEqual([]);
  },
);
