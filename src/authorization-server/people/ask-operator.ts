import type { OAuthError } from "../../core/errors.ts";
import { PageError } from "../../pages/page-error.ts";
import { within } from "../../platform/within.ts";

const ANSWER_MS = 5000;
const RETRY_SECONDS = 10;

/**
 * What a function of the operator's returns, awaited for five seconds by default. An answer after that is dropped.
 * @param name of the function, for the log
 * @throws OAuthError `temporarily_unavailable` where it throws or gives no answer: an outage is not a "no"
 */
export async function askOperator<Answer>(
  name: string,
  ask: () => Answer | Promise<Answer>,
  milliseconds: number = ANSWER_MS,
): Promise<Answer> {
  const asked = (async () => ask())();
  let answer: Answer | typeof NONE;
  try {
    answer = await within<Answer | typeof NONE>(milliseconds, asked, () => NONE);
  } catch (cause) {
    throw unanswered(`${name} threw`, cause);
  }
  if (answer === NONE) throw unanswered(`${name} did not answer within ${milliseconds / 1000} seconds`);
  return answer;
}

const NONE: unique symbol = Symbol("no answer");

/** @param why for the log */
export function unanswered(why: string, cause?: unknown): OAuthError {
  return new PageError("temporarily_unavailable", ({ error }) => error.notChecked, {
    detail: why,
    retryAfterSeconds: RETRY_SECONDS,
    cause,
  });
}
