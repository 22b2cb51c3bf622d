import { z } from "zod";
import type { CheckUser } from "../config/settings.ts";
import { OAuthError } from "../core/errors.ts";
import type { SecurityEvent } from "../core/events.ts";
import type { Person } from "../core/person.ts";
import type { Keyring } from "../platform/secrets/keyring.ts";
import { usernameMark } from "../platform/secrets/username-mark.ts";
import type { Attempt, Attempts } from "./attempts.ts";

/** Carried sealed through URLs and kept in every grant, so it stays small. */
const MAXIMUM_PERSON_BYTES = 2048;
const MAXIMUM_FIELD_LENGTH = 1024;

const id = z.union([z.string().min(1).max(255), z.int()]).transform(String);
const userAnswer = z.union([
  id.transform((value) => ({ id: value })),
  z.looseObject({ id, name: z.string().optional(), email: z.string().optional() }),
  z.null().transform(() => undefined),
  z.undefined(),
]);

export type PasswordCredentials = {
  readonly username: string;
  readonly password: string;
  readonly address: string | undefined;
};

export type PasswordDeps = {
  readonly checkUser: CheckUser;
  readonly attempts: Attempts;
  readonly keyring: Keyring;
  /** Keeps what came of it, for the operator. */
  readonly record: (
    event: SecurityEvent & `sign_in.${string}`,
    fields: { readonly person: string } | { readonly usernameMark: string },
  ) => Promise<void>;
};

/**
 * Asks `checkUser` who this is. Undefined for a wrong pair.
 * @throws OAuthError `slow_down` after too many wrong pairs; `server_error` where `checkUser` threw or answered
 * something that is no person: whenever the check cannot be relied on, nobody is let in.
 */
export async function signInWithPassword(
  credentials: PasswordCredentials,
  deps: PasswordDeps,
): Promise<Person | undefined> {
  const { username, password } = credentials;
  const { checkUser, keyring, record } = deps;
  if (username.length > MAXIMUM_FIELD_LENGTH || password.length > MAXIMUM_FIELD_LENGTH) return undefined;
  const attempt = await begin(credentials, deps);
  const person = await ask(checkUser, username, password).catch(async (cause: unknown) => {
    await attempt.undecided();
    throw cause;
  });
  if (person) {
    await attempt.succeeded();
    await record("sign_in.ok", { person: person.id });
  } else {
    await record("sign_in.failed", { usernameMark: usernameMark(username, keyring) });
  }
  return person;
}

async function begin(
  { username, address }: PasswordCredentials,
  { attempts, keyring, record }: PasswordDeps,
): Promise<Attempt> {
  try {
    return await attempts.begin(username, address);
  } catch (refusal) {
    if (refusal instanceof OAuthError && refusal.code === "slow_down") {
      await record("sign_in.slowed", { usernameMark: usernameMark(username, keyring) });
    }
    throw refusal;
  }
}

async function ask(checkUser: CheckUser, username: string, password: string): Promise<Person | undefined> {
  let answer: unknown;
  try {
    answer = await checkUser(username, password);
  } catch (cause) {
    throw new OAuthError("server_error", "The password could not be checked. Please try again in a while.", {
      detail: "checkUser threw",
      cause,
    });
  }
  return parsePerson(answer);
}

function parsePerson(answer: unknown): Person | undefined {
  const parsed = userAnswer.safeParse(answer);
  if (!parsed.success) {
    throw unusable(
      "checkUser must return an id (text or a safe integer), { id, name?, email?, ... }, or null",
    );
  }
  const person = parsed.data as Person | undefined;
  if (person && Buffer.byteLength(JSON.stringify(person)) > MAXIMUM_PERSON_BYTES) {
    throw unusable(`what checkUser returned is larger than ${MAXIMUM_PERSON_BYTES} bytes of JSON`);
  }
  return person;
}

function unusable(detail: string): OAuthError {
  return new OAuthError("server_error", "The sign-in could not be completed. Please tell the operator.", {
    detail,
  });
}
