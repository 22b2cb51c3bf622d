import { OAuthError } from "../../../core/errors.ts";
import type { Peer } from "../../../http/peer.ts";
import { PageError, type Says } from "../../../pages/page-error.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import { usernameMark } from "../../../platform/secrets/username-mark.ts";
import type { Recorder } from "../../recorder.ts";
import type { Attempt, Attempts } from "../guessing/attempts.ts";
import type { CheckPair, Proof } from "../method.ts";

const MAXIMUM_FIELD_LENGTH = 1024;

type Pair = { readonly username: string; readonly password: string };

/** Whom it proves, or why no one is signed in, in words for the person who typed. */
export type PasswordResult = { readonly proof: Proof } | { readonly refusal: OAuthError };

/**
 * Checks a username and a password, slowing down those who guess. Whenever it cannot be told whom the pair proves, no one
 * is let in, and the attempt counts: a `checkUser` that throws may do so for wrong passwords.
 * @param clientId for which client, for the audit log; undefined at the account page
 */
export type CheckPassword = (pair: Pair, clientId: string | undefined, peer: Peer) => Promise<PasswordResult>;

export type PasswordParts = {
  readonly attempts: Attempts;
  readonly keyring: Keyring;
  readonly recorder: Recorder;
};

export function createPasswordCheck(
  check: CheckPair,
  { attempts, keyring, recorder }: PasswordParts,
): CheckPassword {
  return async (pair, client, peer) => {
    const unusable = refuseEmpty(pair) ?? refuseTooLong(pair);
    if (unusable) return { refusal: unusable };
    const failed = { usernameMark: usernameMark(pair.username, keyring), client };
    const attempt = await begin(pair.username, peer, attempts);
    if (attempt instanceof OAuthError) {
      await recorder.record("sign_in.slowed", failed, peer);
      return { refusal: attempt };
    }
    const proof = await attempted(attempt, () => ask(pair, check));
    if (proof instanceof OAuthError) {
      const reason = proof.detail ?? proof.message;
      await recorder.record("sign_in.unchecked", { ...failed, reason }, peer);
      return { refusal: proof };
    }
    if (!proof) {
      await recorder.record("sign_in.failed", failed, peer);
      return { refusal: new PageError("access_denied", ({ login }) => login.problems.incorrect) };
    }
    return { proof };
  };
}

/** Others may wait for its end, which comes also where the check throws. */
async function attempted(
  attempt: Attempt,
  check: () => Promise<Proof | undefined | OAuthError>,
): Promise<Proof | undefined | OAuthError> {
  try {
    const proof = await check();
    if (proof && !(proof instanceof OAuthError)) await attempt.succeeded({ id: proof.identity.subject });
    return proof;
  } finally {
    attempt.ended();
  }
}

async function ask({ username, password }: Pair, check: CheckPair): Promise<Proof | undefined | OAuthError> {
  try {
    return await check(username, password);
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

/** No guess, so it is not counted. A password may be of spaces alone. */
function refuseEmpty({ username, password }: Pair): OAuthError | undefined {
  if (username.trim() === "") {
    return new PageError("invalid_request", ({ login }) => login.problems.typeUsername);
  }
  if (password !== "") return undefined;
  return new PageError("invalid_request", ({ login }) => login.problems.typePassword);
}

/** Before anything is counted or asked: the same for every name. */
function refuseTooLong({ username, password }: Pair): OAuthError | undefined {
  const fields = { username, password };
  const tooLong = Object.entries(fields).find(([, text]) => text.length > MAXIMUM_FIELD_LENGTH);
  if (!tooLong) return undefined;
  const [name, { length }] = tooLong;
  const says: Says = ({ login: { problems } }) =>
    name === "username"
      ? problems.usernameTooLong(MAXIMUM_FIELD_LENGTH)
      : problems.passwordTooLong(MAXIMUM_FIELD_LENGTH);
  return new PageError("invalid_request", says, { detail: `a ${name} of ${length} characters` });
}

async function begin(username: string, { address }: Peer, attempts: Attempts): Promise<Attempt | OAuthError> {
  try {
    return await attempts.begin(username, address);
  } catch (refusal) {
    if (refusal instanceof OAuthError && refusal.code === "slow_down") return refusal;
    throw refusal;
  }
}
