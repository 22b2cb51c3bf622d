import { z } from "zod";
import { wrongValue } from "../../../config/problems.ts";
import type { CheckUser } from "../../../config/settings.ts";
import { OAuthError } from "../../../core/errors.ts";
import { displayName, MOST_PERSON_BYTES, type Person } from "../../../core/person.ts";
import { keepable, personIdProblem } from "../../../core/person-id.ts";
import { PageError, type Says } from "../../../pages/page-error.ts";
import type { Clock } from "../../../platform/clock.ts";
import { within } from "../../../platform/within.ts";
import type { CheckPair, SignInMethod } from "../method.ts";

const METHOD = "password";
/** How long `checkUser` may take. */
const CHECK_USER_MS = 10_000;

// Beyond the safe integers, two numbers in JSON may be one in JavaScript: two people would be one.
const id = z.union([z.string().min(1), z.int()]).transform(String);
const userAnswer = z.union([
  id.transform((value) => ({ id: value })),
  z.looseObject({ id, name: z.string().optional(), email: z.string().optional() }),
  z.union([z.null(), z.undefined(), z.literal(false)]).transform(() => undefined),
]);

/**
 * People whom your own function knows, by username and password. The id that it returns is the person's id.
 * @param checkUser says who this is, or null, undefined or false for a wrong pair
 * @param milliseconds how long it may take
 * @throws ConfigurationError where it is no function
 */
export function password(checkUser: CheckUser, milliseconds = CHECK_USER_MS): SignInMethod {
  if (typeof checkUser !== "function") {
    throw wrongValue(
      "password: checkUser",
      checkUser,
      "a function of a username and a password, which returns an id, { id, name }, or null",
    );
  }
  return {
    name: METHOD,
    label: "your password",
    people: "own",
    isOneFactor: true,
    saysGroups: false,
    // What checkUser returns beside the id.
    saysClaims: true,
    open: ({ clock, look }) => ({
      label: look.texts.login.labels.password,
      panel: { kind: "password", check: askCheckUser(checkUser, milliseconds, clock) },
      routes: [],
      proves: ({ method, issuer }) => method === METHOD && issuer === "",
    }),
  };
}

function askCheckUser(checkUser: CheckUser, milliseconds: number, clock: Clock): CheckPair {
  return async (username, typed) => {
    const person = await ask(username, typed, checkUser, milliseconds);
    if (!person) return undefined;
    const { id, ...profile } = person;
    return {
      identity: { method: METHOD, issuer: "", subject: id },
      label: keepable(displayName(person)),
      personId: id,
      profile,
      // The operator's own function says it.
      emails: person.email === undefined ? [] : [person.email],
      groups: [],
      claims: profile,
      authenticatedAt: clock(),
      isOneFactor: true,
      upstream: undefined,
    };
  };
}

async function ask(
  username: string,
  typed: string,
  checkUser: CheckUser,
  milliseconds: number,
): Promise<Person | undefined> {
  const answer = await answerOf(username, typed, checkUser, milliseconds);
  if (answer instanceof OAuthError) throw answer;
  return answer;
}

async function answerOf(
  username: string,
  typed: string,
  checkUser: CheckUser,
  milliseconds: number,
): Promise<Person | undefined | OAuthError> {
  try {
    const asked = Promise.resolve(checkUser(username, typed)).then(personOf);
    // An answer after that is dropped.
    return await within(milliseconds, asked, () =>
      unchecked(`checkUser did not answer within ${milliseconds / 1000} seconds`),
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
  const problem = personIdProblem(person.id);
  if (problem !== undefined) {
    return unusable(({ login }) => login.problems.idUnusable, `the id that checkUser returned ${problem}`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(person));
  if (bytes > MOST_PERSON_BYTES) {
    return unusable(
      ({ login }) => login.problems.dataTooLarge,
      `checkUser returned ${bytes} bytes of JSON; the limit is ${MOST_PERSON_BYTES}`,
    );
  }
  return person;
}

function unchecked(detail: string, cause?: unknown): OAuthError {
  return new PageError("temporarily_unavailable", ({ login }) => login.problems.notChecked, {
    detail,
    retryAfterSeconds: 60,
    cause,
  });
}

/** Trying again does not help. */
function unusable(says: Says, detail: string): OAuthError {
  return new PageError("server_error", says, { detail });
}
