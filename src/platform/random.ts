import { randomBytes } from "node:crypto";

/** An unguessable id: 128 bits, base64url, 22 characters. */
export function randomId(): string {
  return randomBytes(16).toString("base64url");
}

/** A secret for a client: 256 bits, base64url, 43 characters. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}
