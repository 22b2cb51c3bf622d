import { z } from "zod";
import type { Identity } from "../../../core/identity.ts";
import type { Credential } from "../../../store/credential.ts";

/** The kind of method that knows people by their passkeys. */
export const PASSKEYS = "passkeys";

/** How the server knows a passkey. @param rpId it works for this host alone. @param id of the credential, base64url */
export function passkeyIdentity(rpId: string, id: string): Identity {
  return { method: PASSKEYS, issuer: rpId, subject: id };
}

/** What is kept of a passkey beside its counter. Nothing of it is secret. */
export type StoredPasskey = z.output<typeof STORED>;

const STORED = z.object({
  /** COSE, base64url. */
  publicKey: z.string(),
  /** Whom the authenticator keeps it for: random, and the same for all passkeys of a person. */
  userHandle: z.string(),
  transports: z.array(z.string()),
  /** Whether it may be copied to other devices of the person (backup eligibility); never changes. */
  isSynced: z.boolean(),
  /** Whether a copy is kept somewhere now (backup state). */
  isBackedUp: z.boolean(),
});

/** @throws where the row was damaged */
export function readStored({ secret }: Pick<Credential, "secret">): StoredPasskey {
  return STORED.parse(JSON.parse(secret));
}

export function writeStored(stored: StoredPasskey): string {
  return JSON.stringify(stored);
}
