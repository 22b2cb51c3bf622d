import { z } from "zod";
import type { CheckUser } from "../../config/settings.ts";
import { OAuthError } from "../../core/errors.ts";
import type { Person } from "../../core/person.ts";
import type { Peer } from "../../http/peer.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import { usernameMark } from "../../platform/secrets/username-mark.ts";
import { within } from "../../platform/within.ts";
import type { Recorder } from "../recorder.ts";
import type { Attempt, Attempts } from "./guessing/attempts.ts";

/** How long `checkUser` may take. */
export const CHECK_USER_MS = 10_000;

const MAXIMUM_FIELD_LENGTH = 1024;
const MAXIMUM_ID_LENGTH = 255;
/** Carried sealed through URLs and kept in every grant, so it stays small. */
const MAXIMUM_PERSON_BYTES = 2048;

// Beyond the safe integers, two numbers in JSON may be one in JavaScript: two people would be one.
const id = z.union([z.string().min(1), z.int()]).transform(String);
const userAnswer = z.union([
  id.transform((value) => ({ id: value })),
  z.looseObject({ id, name: z.string().optional(), email: z.string().optional() }),
  z.union([z.null(), z.undefined(), z.literal(false)]).transform(() => undefined),
]);

type Pair = { readonly username: string; readonly password: string };

/** Who it is, or why no one is signed in, in words for the person who typed. */
export type PasswordResult = { readonly person: Person } | { readonly refusal: OAuthError };

/**
 * Asks `checkUser` who this is. Whenever its answer cannot be relied on, no one is let in, and the attempt counts: a
 * `checkUser` that throws may do so for wrong passwords.
 * @param clientId for which client, for the audit log
 */
export type CheckPassword = (pair: Pair, clientId: string, peer: Peer) => Promise<PasswordResult>;

type Asking = {
  readonly checkUser: CheckUser;
  /** {@link CHECK_USER_MS}, unless a test cannot wait that long. */
  readonly checkUserMs: number;
};

export type PasswordParts = Asking & {
  readonly attempts: Attempts;
  readonly keyring: Keyring;
  readonly recorder: Recorder;
};

export function createPasswordCheck(parts: PasswordParts): CheckPassword {
  const { attempts, keyring, recorder } = parts;
  return async (pair, client, peer) => {
    const tooLong = refuseTooLong(pair);
    if (tooLong) return { refusal: tooLong };
    const failed = { usernameMark: usernameMark(pair.username, keyring), client };
    const attempt = await begin(pair.username, peer, attempts);
    if (attempt instanceof OAuthError) {
      await recorder.record("sign_in.slowed", failed, peer);
      return { refusal: attempt };
    }
    const answer = await ask(pair, parts);
    if (answer instanceof OAuthError) {
      const reason = answer.detail ?? answer.message;
      await recorder.record("sign_in.unchecked", { ...failed, reason }, peer);
      return { refusal: answer };
    }
    if (!answer) {
      await recorder.record("sign_in.failed", failed, peer);
      return { refusal: new OAuthError("access_denied", "Incorrect username or password.") };
    }
    await attempt.succeeded(answer);
    await recorder.record("sign_in.ok", { person: answer.id, client }, peer);
    return { person: answer };
  };
}

/** Before anything is counted or asked: the same for every name. */
function refuseTooLong({ username, password }: Pair): OAuthError | undefined {
  const fields = { username, password };
  const tooLong = Object.entries(fields).find(([, text]) => text.length > MAXIMUM_FIELD_LENGTH);
  if (!tooLong) return undefined;
  const [name, { length }] = tooLong;
  const limit = MAXIMUM_FIELD_LENGTH.toLocaleString("en");
  return new OAuthError("invalid_request", `The ${name} is too long. Use at most ${limit} characters.`, {
    detail: `a ${name} of ${length} characters`,
  });
}

async function begin(username: string, { address }: Peer, attempts: Attempts): Promise<Attempt | OAuthError> {
  try {
    return await attempts.begin(username, address);
  } catch (refusal) {
    if (refusal instanceof OAuthError && refusal.code === "slow_down") return refusal;
    throw refusal;
  }
}

async function ask(
  { username, password }: Pair,
  { checkUser, checkUserMs }: Asking,
): Promise<Person | undefined | OAuthError> {
  try {
    const asked = Promise.resolve(checkUser(username, password)).then(personOf);
    // An answer after that is dropped.
    return await within(checkUserMs, asked, () =>
      unchecked(`checkUser did not answer within ${checkUserMs / 1000} seconds`),
    );
  } catch (cause) {
    return unchecked("checkUser threw, or returned what JSON cannot hold", cause);
  }
}

function personOf(answer: unknown): Person | undefined | OAuthError {
  const parsed = userAnswer.safeParse(answer);
  if (!parsed.success) {
    return unchecked(
      "checkUser must return an id (text or a safe integer), { id, name?, email?, ... }, or null or false",
    );
  }
  const person = parsed.data as Person | undefined;
  if (!person) return undefined;
  if (person.id.length > MAXIMUM_ID_LENGTH) {
    return unusable(
      "its ID is too long",
      `checkUser returned an id of ${person.id.length} characters; the limit is ${MAXIMUM_ID_LENGTH}`,
    );
  }
  const bytes = Buffer.byteLength(JSON.stringify(person));
  if (bytes > MAXIMUM_PERSON_BYTES) {
    return unusable(
      "its data is too large",
      `checkUser returned ${bytes} bytes of JSON; the limit is ${MAXIMUM_PERSON_BYTES}`,
    );
  }
  return person;
}

function unchecked(detail: string, cause?: unknown): OAuthError {
  return new OAuthError(
    "temporarily_unavailable",
    "We couldn't check your password. Try again in a minute.",
    { detail, retryAfterSeconds: 60, cause },
  );
}

/** Trying again does not help. */
function unusable(problem: string, detail: string): OAuthError {
  return new OAuthError(
    "server_error",
    `You can't sign in with this account because ${problem}. Contact the server's operator.`,
    { detail },
  );
}
