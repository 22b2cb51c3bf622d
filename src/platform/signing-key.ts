import { createPrivateKey, type JsonWebKey, KeyObject } from "node:crypto";
import { ConfigurationError } from "../core/errors.ts";

/** A private key as people have it: PEM, a JSON Web Key, or a key of `node:crypto`. */
export type PrivateKey = string | JsonWebKey | KeyObject;

/** What signs a client's assertions. */
export type SigningKey = {
  readonly key: KeyObject;
  readonly algorithm: string;
  readonly keyId: string | undefined;
};

/** What each kind of key can do, the usual first (RFC 7518 §3.1, RFC 8037, RFC 9864). */
const ALGORITHMS: ReadonlyMap<string, readonly string[]> = new Map([
  ["prime256v1", ["ES256"]],
  ["secp384r1", ["ES384"]],
  ["secp521r1", ["ES512"]],
  ["rsa", ["RS256", "PS256", "RS384", "PS384", "RS512", "PS512"]],
  ["rsa-pss", ["PS256", "PS384", "PS512"]],
  ["ed25519", ["EdDSA", "Ed25519"]],
]);

/** RFC 7518 §3.3. */
const SHORTEST_RSA_BITS = 2048;

/**
 * @param said the algorithm and key id that the options say; a JSON Web Key may say them itself
 * @param label the option that the key stands in
 * @throws ConfigurationError where this is no private key, or one that cannot do that algorithm
 */
export function readSigningKey(
  given: PrivateKey,
  said: { readonly algorithm: string | undefined; readonly keyId: string | undefined },
  label: string,
): SigningKey {
  const key = privateKeyOf(given, label);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? SHORTEST_RSA_BITS;
  if (bits < SHORTEST_RSA_BITS) {
    throw new ConfigurationError(
      `${label} is an RSA key of ${bits} bits, which can be broken; it must have ${SHORTEST_RSA_BITS} or more.`,
    );
  }
  const own = typeof given === "string" || given instanceof KeyObject ? {} : given;
  const possible = ALGORITHMS.get(kindOf(key)) ?? [];
  const algorithm = said.algorithm ?? textOf(own.alg) ?? possible[0];
  if (algorithm === undefined || !possible.includes(algorithm)) {
    throw new ConfigurationError(
      `${label} is a key (${kindOf(key)}) that cannot sign with ${algorithm ?? "any supported algorithm"}; ` +
        `it can with ${possible.join(", ") || "nothing"}.`,
    );
  }
  return { key, algorithm, keyId: said.keyId ?? textOf(own.kid) };
}

function privateKeyOf(given: PrivateKey, label: string): KeyObject {
  const key = given instanceof KeyObject ? given : parsed(given);
  if (key?.type === "private") return key;
  throw new ConfigurationError(
    `${label} is not usable; it must be a private key: PEM, a JSON Web Key, or a KeyObject of node:crypto.`,
  );
}

function parsed(given: string | JsonWebKey): KeyObject | undefined {
  try {
    return createPrivateKey(typeof given === "string" ? given : { key: given, format: "jwk" });
  } catch {
    return undefined;
  }
}

function kindOf(key: KeyObject): string {
  return key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? "unknown";
}

function textOf(member: unknown): string | undefined {
  return typeof member === "string" ? member : undefined;
}
