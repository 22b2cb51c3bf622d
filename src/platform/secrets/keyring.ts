import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from "node:crypto";
import { compactDecrypt } from "jose/jwe/compact/decrypt";
import { CompactEncrypt } from "jose/jwe/compact/encrypt";
import { ConfigurationError } from "../../core/errors.ts";
import { MINIMUM_SECRET_LENGTH } from "./key-file.ts";

/** One purpose, one key. A label is never used for two things, and never renamed: it would make a new key. */
export type KeyLabel =
  | "authorization-code"
  | "refresh-token"
  | "authorization-request"
  | "account-visit"
  | "account-page"
  | "upstream-sign-in"
  | "saml-answer"
  | "saml-relay-state"
  | "pending-proof"
  | "totp-secret"
  | "totp-setup"
  | "passkey-challenge"
  | "username-mark"
  | "counter-key"
  | "mailed-link"
  | "mailed-code"
  | "upstream-credential"
  | "upstream-connection"
  | "upstream-answer"
  | "connect-link"
  | "signing-key";

/**
 * The keys that a list of master secrets derives (HKDF-SHA256, a label each). The first secret encrypts and signs;
 * every one decrypts and verifies, so a secret is replaced by putting the new one in front.
 */
export type Keyring = {
  /** A MAC over `text`, base64url. */
  mac(label: KeyLabel, text: string): string;
  /** Compares in constant time. */
  verifyMac(label: KeyLabel, text: string, mac: string): boolean;
  /** Authenticated encryption (compact JWE, `dir`, A256GCM). */
  seal(label: KeyLabel, text: string): Promise<string>;
  /** The text, or undefined where no secret of the list opens it. */
  open(label: KeyLabel, sealed: string): Promise<string | undefined>;
  /** Looks whether the secrets have changed where they are kept; says whether they have. */
  lookAgain(): boolean;
};

/** @param secrets the list, newest first; each at least 32 characters. */
export function createKeyring(secrets: readonly string[]): Keyring {
  if (secrets.length === 0) throw new ConfigurationError("The secret is missing. Set GATEHOUSE_SECRET.");
  for (const secret of secrets) {
    if (secret.length < MINIMUM_SECRET_LENGTH) {
      throw new ConfigurationError(
        `The secret has ${secret.length} characters; it needs at least ${MINIMUM_SECRET_LENGTH}. ` +
          "Make one with: openssl rand -base64 32",
      );
    }
  }
  const derived = new Map<KeyLabel, readonly KeyObject[]>();
  const keysFor = (label: KeyLabel): readonly [KeyObject, ...KeyObject[]] => {
    let keys = derived.get(label);
    if (!keys) {
      keys = secrets.map((secret) => derive(secret, label));
      derived.set(label, keys);
    }
    return keys as [KeyObject, ...KeyObject[]];
  };
  return {
    mac: (label, text) => hmac(keysFor(label)[0], text).toString("base64url"),
    verifyMac(label, text, mac) {
      const given = Buffer.from(mac, "base64url");
      // Decoding forgives; encoding again does not: one MAC has one spelling.
      if (given.toString("base64url") !== mac) return false;
      return keysFor(label).some((key) => {
        const right = hmac(key, text);
        return right.length === given.length && timingSafeEqual(right, given);
      });
    },
    seal(label, text) {
      return new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .encrypt(keysFor(label)[0]);
    },
    async open(label, sealed) {
      for (const key of keysFor(label)) {
        try {
          const { plaintext } = await compactDecrypt(sealed, key, {
            keyManagementAlgorithms: ["dir"],
            contentEncryptionAlgorithms: ["A256GCM"],
          });
          return new TextDecoder().decode(plaintext);
        } catch {
          // Not under this secret, or not ours at all: both are "does not open".
        }
      }
      return undefined;
    },
    lookAgain: () => false,
  };
}

function derive(secret: string, label: KeyLabel): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync("sha256", secret, "gatehouse", label, 32)));
}

function hmac(key: KeyObject, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
