import type { AssertionAnswer, AttestationAnswer, ClientData } from "./browser-answer.ts";
import type { RelyingParty } from "./relying-party.ts";
import type { StoredPasskey } from "./stored-passkey.ts";

/** A passkey that was made. */
export type NewPasskey = {
  readonly id: string;
  readonly counter: number;
  readonly stored: Omit<StoredPasskey, "userHandle">;
};

/** A passkey that was used, and how often it says that it was. */
export type UsedPasskey = { readonly counter: number; readonly isBackedUp: boolean };

/** Why an answer does not count, for the log. */
export type Rejected = { readonly rejected: string };

/** ES256, EdDSA, RS256 (COSE): what all authenticators have one of. */
export const ALGORITHMS = [-7, -8, -257] as const;

/**
 * Checks what an authenticator has signed, but not its challenge, whose place was checked before (WebAuthn §7.2).
 * The counter is for the caller to compare.
 */
export async function verifyAssertion(
  { client, response, ...answer }: AssertionAnswer,
  { id: rpId, origin }: RelyingParty,
  { publicKey, userHandle, isSynced }: StoredPasskey,
): Promise<UsedPasskey | Rejected> {
  const misplaced = whyMisplaced(client);
  if (misplaced !== undefined) return { rejected: misplaced };
  // The server asks for no one in particular, so the authenticator has to say whose it is (§7.2 step 6).
  if (response.userHandle !== userHandle) return { rejected: "the user handle is another one" };
  return checked(async ({ verifyAuthenticationResponse }) => {
    const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
      response: { ...answer, response: { ...response, userHandle } },
      expectedChallenge: client.challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      credential: { id: answer.id, publicKey: Buffer.from(publicKey, "base64url"), counter: 0 },
    });
    if (!verified) return { rejected: "the signature is wrong" };
    if ((info.credentialDeviceType === "multiDevice") !== isSynced) {
      return { rejected: "its backup eligibility has changed" };
    }
    return { counter: info.newCounter, isBackedUp: info.credentialBackedUp };
  });
}

/** The same for a passkey that was made (WebAuthn §7.1). */
export async function verifyAttestation(
  { client, ...response }: AttestationAnswer,
  { id: rpId, origin }: RelyingParty,
): Promise<NewPasskey | Rejected> {
  const misplaced = whyMisplaced(client);
  if (misplaced !== undefined) return { rejected: misplaced };
  return checked(async ({ verifyRegistrationResponse }, { decodeAttestationObject }) => {
    const attestation = decodeAttestationObject(
      Buffer.from(response.response.attestationObject, "base64url"),
    );
    // None was asked for. A certificate chain would be followed to addresses that the sender chooses.
    if (attestation.get("fmt") !== "none" && attestation.get("attStmt").get("x5c") !== undefined) {
      return { rejected: "it brings an attestation with certificates" };
    }
    if (!["none", "packed"].includes(attestation.get("fmt"))) {
      return { rejected: "it brings an attestation that was not asked for" };
    }
    const { verified, registrationInfo: info } = await verifyRegistrationResponse({
      response,
      expectedChallenge: client.challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...ALGORITHMS],
    });
    if (!verified) return { rejected: "the attestation is wrong" };
    return {
      id: info.credential.id,
      counter: info.credential.counter,
      stored: {
        publicKey: Buffer.from(info.credential.publicKey).toString("base64url"),
        transports: response.response.transports,
        isSynced: info.credentialDeviceType === "multiDevice",
        isBackedUp: info.credentialBackedUp,
      },
    };
  });
}

/** Our pages are in no frame. */
function whyMisplaced({ crossOrigin }: ClientData): string | undefined {
  return crossOrigin ? "it comes from a frame of another site" : undefined;
}

type Library = typeof import("@simplewebauthn/server");
type Helpers = typeof import("@simplewebauthn/server/helpers");

/** Loaded once someone uses a passkey. It throws for all that is wrong with what the browser sent. */
async function checked<Result>(
  check: (library: Library, helpers: Helpers) => Promise<Result>,
): Promise<Result | Rejected> {
  const [library, helpers] = await Promise.all([
    import("@simplewebauthn/server"),
    import("@simplewebauthn/server/helpers"),
  ]);
  try {
    return await check(library, helpers);
  } catch (error) {
    // It quotes what the browser sent, which may be long.
    return { rejected: error instanceof Error ? error.message.slice(0, 200) : "it cannot be checked" };
  }
}
