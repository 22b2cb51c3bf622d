import { createHash, randomBytes } from "node:crypto";
import type { Credential } from "../../../store/credential.ts";

/** Ten codes for a person whose authenticator app is lost. Each is good for one sign-in. */
export type RecoveryCodes = {
  /** For the person, who sees them once. */
  readonly codes: readonly string[];
  /** For the store: hashes. */
  readonly credentials: readonly Omit<Credential, "personId">[];
};

const HOW_MANY = 10;
const RANDOM_BYTES = 10;
/** RFC 4648 base32, in the case that is easier to read: no 0, 1, 8 or 9 to mistake for a letter. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

export function newRecoveryCodes(now: number): RecoveryCodes {
  const codes = Array.from({ length: HOW_MANY }, newCode);
  const credentials = codes.map((code) => {
    const hash = hashOf(code);
    return {
      kind: "recovery_code",
      id: hash,
      secret: hash,
      counter: null,
      createdAt: now,
      usedAt: null,
    } as const;
  });
  return { codes, credentials };
}

/** The id of a recovery code in the store. 80 random bits need no slow hash. @param typed in any case, with or without hyphens */
export function hashOf(typed: string): string {
  return createHash("sha256")
    .update(`recovery code ${plain(typed)}`)
    .digest("base64url");
}

/** Whether it has the form of a recovery code, anyone's. */
export function looksLikeRecoveryCode(typed: string): boolean {
  return /^[a-z2-7]{16}$/.test(plain(typed));
}

function plain(typed: string): string {
  return typed.toLowerCase().replaceAll(/[\s-]/g, "");
}

function newCode(): string {
  let bits = BigInt(`0x${randomBytes(RANDOM_BYTES).toString("hex")}`);
  let code = "";
  for (let i = 0; i < (RANDOM_BYTES * 8) / 5; i++) {
    code += ALPHABET[Number(bits & 31n)];
    bits >>= 5n;
  }
  return code.match(/.{4}/g)?.join("-") ?? code;
}
