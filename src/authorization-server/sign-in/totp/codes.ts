import { OAuthError } from "../../../core/errors.ts";
import type { Peer } from "../../../http/peer.ts";
import { PageError, type Says } from "../../../pages/page-error.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { Credential, CredentialUse } from "../../../store/credential.ts";
import type { Store } from "../../../store/store.ts";
import type { Recorder } from "../../recorder.ts";
import type { CodeAttempt, CodeAttempts, GuessedCode } from "../guessing/code-attempts.ts";
import { readCode, stepOf } from "./algorithm.ts";
import { hashOf, looksLikeRecoveryCode } from "./recovery-codes.ts";

/** A code that was typed: of an authenticator app, or a recovery code. */
export type TypedCode = { readonly kind: GuessedCode; readonly text: string };

/** Who typed it, and for which client. */
export type TypedBy = { readonly personId: string; readonly clientId: string | undefined };

/** What a right code uses up, or why it is none, in words for the person. */
export type CheckedCode = { readonly uses: CredentialUse } | { readonly refusal: OAuthError };

/** Checks the codes of people who have set one-time codes up. */
export type Codes = {
  /** Slows down those who guess. Writes no more than that, and the entry of one that is refused. */
  check(typed: TypedCode, by: TypedBy, totp: Credential, peer: Peer): Promise<CheckedCode>;
  /** Another sign-in was first with the same code. */
  refuseUsed(typed: TypedCode, by: TypedBy, peer: Peer): Promise<OAuthError>;
};

export type CodesParts = {
  readonly store: Pick<Store, "findCredential">;
  readonly attempts: CodeAttempts;
  readonly recorder: Pick<Recorder, "record">;
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly clock: Clock;
  /** Of the factor. */
  readonly name: string;
};

const SECRET = "totp-secret";

/** How the store has the secret. */
export function sealSecret(secret: string, keyring: Pick<Keyring, "seal">): Promise<string> {
  return keyring.seal(SECRET, secret);
}

/** Undefined where none of the master secrets opens it. */
export function openSecret(sealed: string, keyring: Pick<Keyring, "open">): Promise<string | undefined> {
  return keyring.open(SECRET, sealed);
}

export function createCodes(parts: CodesParts): Codes {
  const { attempts, recorder, name: method } = parts;
  const refuse = async ({ personId, clientId }: TypedBy, why: Why, peer: Peer): Promise<OAuthError> => {
    const fields = { person: personId, client: clientId, method, reason: why.reason };
    await recorder.record("factor.refused", fields, peer);
    return why.error;
  };
  return {
    async check(typed, by, totp, peer) {
      const { kind } = typed;
      const code = kind === "code" ? readCode(typed.text) : typed.text;
      // No guess, so it is not counted.
      if (!code) return { refusal: new PageError("invalid_request", notTyped(typed)) };
      if (code.length > LONGEST) return { refusal: new PageError("invalid_request", NOT_TYPED[kind]) };
      const attempt = await begin(kind, by, peer, attempts);
      if (attempt instanceof OAuthError) {
        const why = { reason: `too many wrong codes before this ${IN_WORDS[kind]}`, error: attempt };
        return { refusal: await refuse(by, why, peer) };
      }
      const found =
        kind === "code" ? await oneTimeCode(code, totp, parts) : await recoveryCode(code, by.personId, parts);
      if ("reason" in found) return { refusal: await refuse(by, found, peer) };
      await attempt.succeeded();
      return { uses: found };
    },
    refuseUsed: ({ kind }, by, peer) => refuse(by, USED[kind](), peer),
  };
}

/** Why a code is refused: for the log, and for the person. */
type Why = { readonly reason: string; readonly error: OAuthError };

async function oneTimeCode(
  code: string,
  totp: Credential,
  { keyring, clock }: Pick<CodesParts, "keyring" | "clock">,
): Promise<CredentialUse | Why> {
  const secret = await openSecret(totp.secret, keyring);
  if (secret === undefined) {
    const reason = "the master secret does not open the person's secret";
    return { reason, error: cannotBeChecked(reason) };
  }
  const counter = await stepOf(code, secret, clock());
  if (counter === undefined)
    return { reason: "wrong code", error: wrong(({ totp }) => totp.problems.incorrect) };
  // Whether it was used before, the commit of the sign-in finds.
  return { kind: "totp", id: "", counter };
}

async function recoveryCode(
  typed: string,
  personId: string,
  { store }: Pick<CodesParts, "store">,
): Promise<CredentialUse | Why> {
  const id = hashOf(typed);
  const found = await store.findCredential(personId, "recovery_code", id);
  if (found) return { kind: "recovery_code", id };
  return {
    reason: "wrong recovery code",
    error: wrong(RECOVERY_CODE_WRONG),
  };
}

async function begin(
  kind: GuessedCode,
  { personId }: TypedBy,
  { address }: Peer,
  attempts: CodeAttempts,
): Promise<CodeAttempt | OAuthError> {
  try {
    return await attempts.begin(kind, personId, address);
  } catch (refusal) {
    if (refusal instanceof OAuthError && refusal.code === "slow_down") return refusal;
    throw refusal;
  }
}

const LONGEST = 100;

const NOT_TYPED: Readonly<Record<GuessedCode, Says>> = {
  code: ({ totp }) => totp.problems.typeCode,
  recovery_code: ({ totp }) => totp.problems.typeRecoveryCode,
};
const RECOVERY_CODE_WRONG: Says = ({ totp }) => totp.problems.recoveryCodeWrong;

function notTyped({ kind, text }: TypedCode): Says {
  return kind === "code" && looksLikeRecoveryCode(text)
    ? ({ totp }) => totp.problems.recoveryCodeInOtherField
    : NOT_TYPED[kind];
}

const IN_WORDS: Readonly<Record<GuessedCode, string>> = { code: "code", recovery_code: "recovery code" };

const USED: Readonly<Record<GuessedCode, () => Why>> = {
  code: () => ({
    reason: "code used before",
    error: wrong(({ totp }) => totp.problems.usedAlready),
  }),
  recovery_code: () => ({
    reason: "recovery code used before",
    error: wrong(RECOVERY_CODE_WRONG),
  }),
};

function wrong(says: Says): OAuthError {
  return new PageError("access_denied", says);
}

function cannotBeChecked(detail: string): OAuthError {
  return new PageError("server_error", ({ totp }) => totp.problems.notChecked, { detail });
}
