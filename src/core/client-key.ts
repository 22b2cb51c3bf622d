/** A public key as a client gives it (RFC 7517 §4). */
export type ClientKey = Readonly<Record<string, unknown>>;

/** What {@link isUsableClientKey} lets through, for people. */
export const USABLE_CLIENT_KEYS =
  "RSA of 2048 to 4096 bits with an exponent below 2^32, EC on P-256 or P-384, or Ed25519";

/**
 * Whether a client may prove itself with this key. Strangers choose them, and what a verification costs grows with the
 * modulus and the exponent. One that is not of these is ignored, beside others that are (RFC 7517 §5).
 */
export function isUsableClientKey(key: unknown): key is ClientKey {
  if (typeof key !== "object" || key === null) return false;
  const jwk: ClientKey = { ...key };
  // What everybody can read proves nothing.
  if ("d" in jwk || "k" in jwk) return false;
  switch (jwk.kty) {
    case "RSA":
      return isUsableRsa(jwk);
    case "EC": {
      const bytes = EC_BYTES.get(jwk.crv);
      return bytes !== undefined && lengthOf(jwk.x) === bytes && lengthOf(jwk.y) === bytes;
    }
    case "OKP":
      return jwk.crv === "Ed25519" && lengthOf(jwk.x) === 32;
    default:
      return false;
  }
}

/** The curves of the algorithms that an assertion may be signed with. */
const EC_BYTES: ReadonlyMap<unknown, number> = new Map([
  ["P-256", 32],
  ["P-384", 48],
]);

const LEAST_MODULUS_BITS = 2048;
const MOST_MODULUS_BITS = 4096;
const MOST_EXPONENT = 2n ** 32n;

function isUsableRsa({ n, e, oth }: ClientKey): boolean {
  if (oth !== undefined) return false;
  const modulus = integerOf(n);
  const exponent = integerOf(e);
  if (modulus === undefined || exponent === undefined) return false;
  const bits = modulus.toString(2).length;
  return (
    bits >= LEAST_MODULUS_BITS &&
    bits <= MOST_MODULUS_BITS &&
    // With 1, every text is its own signature.
    exponent >= 3n &&
    exponent <= MOST_EXPONENT &&
    exponent % 2n === 1n
  );
}

/** Undefined for what is longer than any usable key: it is not even decoded. */
function bytesOf(text: unknown): Buffer | undefined {
  if (typeof text !== "string" || text.length > MOST_CHARACTERS || !/^[\w-]+$/.test(text)) return undefined;
  return Buffer.from(text, "base64url");
}

/** A modulus of the greatest length in base64url, with room for zeros in front. */
const MOST_CHARACTERS = 700;

function lengthOf(text: unknown): number | undefined {
  return bytesOf(text)?.length;
}

function integerOf(text: unknown): bigint | undefined {
  const bytes = bytesOf(text);
  return bytes && BigInt(`0x${bytes.toString("hex")}`);
}
