import type { KeyObject } from "node:crypto";
import type { SigningKey } from "../platform/jws.ts";

/** The signing keys of this server, in memory; the store has them encrypted. */
export type SigningKeys = {
  /** The key that signs now. */
  current(): SigningKey;
  /** The public key of a token's `kid`, as long as it is published. */
  verificationKey(kid: string): KeyObject | undefined;
  /** The JSON Web Key Set (RFC 7517 §5). */
  jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** Reads the store again: another process rotated. */
  reload(): Promise<void>;
};
