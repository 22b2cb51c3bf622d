import { createHash } from "node:crypto";

/** RFC 7636 §4.1: 43 to 128 unreserved characters. */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;
/** base64url of a SHA-256, without padding. */
const CHALLENGE = /^[A-Za-z0-9\-_]{43}$/;

export function isCodeVerifier(text: string): boolean {
  return VERIFIER.test(text);
}

export function isCodeChallenge(text: string): boolean {
  return CHALLENGE.test(text);
}

/** The S256 challenge of a verifier (RFC 7636 §4.2). */
export function codeChallenge(verifier: string): string {
  return createHash("sha256").update(verifier, "ascii").digest("base64url");
}
