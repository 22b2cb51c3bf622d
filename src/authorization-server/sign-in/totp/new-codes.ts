import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { Credential } from "../../../store/credential.ts";
import { readCode, stepOf } from "./algorithm.ts";
import { sealSecret } from "./codes.ts";
import { newRecoveryCodes, type RecoveryCodes } from "./recovery-codes.ts";

/** One-time codes that a person has just set up, with the recovery codes for when the app is lost. */
export type NewCodes = RecoveryCodes & {
  /** The secret, and the hashes of the recovery codes. */
  readonly credentials: readonly Omit<Credential, "personId">[];
};

/**
 * Makes what is stored of a secret, where the first code is right: the person's app has it then.
 * @returns undefined for a wrong code
 */
export async function newCodesOf(
  secret: string,
  typed: string | undefined,
  { keyring, clock }: { readonly keyring: Pick<Keyring, "seal">; readonly clock: Clock },
): Promise<NewCodes | undefined> {
  const now = clock();
  const code = readCode(typed);
  const counter = code === undefined ? undefined : await stepOf(code, secret, now);
  if (counter === undefined) return undefined;
  const { codes, credentials } = newRecoveryCodes(now);
  const sealed = await sealSecret(secret, keyring);
  // The first code has counted with that.
  const totp = { kind: "totp", id: "", secret: sealed, counter, createdAt: now, usedAt: now } as const;
  return { codes, credentials: [totp, ...credentials] };
}
