import { OAuthError } from "../../../../core/errors.ts";
import { clipped, shown } from "../../../../core/shown.ts";
import { answeredError } from "../answer-error.ts";
import { BrokenOff, WRONG_CREDENTIALS } from "../provider.ts";
import { openidClient } from "./openid-client.ts";

/**
 * What a failure of openid-client comes to. What it did not foresee stays as it is.
 * @param endpoint which one was asked
 */
export async function brokenOffOf(
  error: unknown,
  endpoint: "token endpoint" | "userinfo endpoint",
): Promise<unknown> {
  const client = await openidClient();
  if (error instanceof client.AuthorizationResponseError) {
    return answeredError(error.error, error.error_description);
  }
  if (error instanceof client.ResponseBodyError) {
    const { status, error: code, error_description: description } = error;
    const why = description === undefined ? "" : `: ${shown(description)}`;
    const answered = `the ${endpoint} answered ${status} ${shown(code)}${why}`;
    return new BrokenOff(problemOf(status), `${answered}${hintFor(code)}`, { cause: error });
  }
  if (error instanceof client.WWWAuthenticateChallengeError) {
    const { status } = error;
    const code = await errorIn(error.response);
    const answered = `the ${endpoint} answered ${status}${code === undefined ? "" : ` ${shown(code)}`}`;
    // At the userinfo endpoint it is about the token.
    const hint = endpoint === "token endpoint" ? hintFor(code ?? "invalid_client") : "";
    return new BrokenOff(problemOf(status), `${answered}${hint}`, { cause: error });
  }
  if (!(error instanceof client.ClientError)) return error;
  const outage = outageIn(error);
  if (outage) return new BrokenOff("no_answer", reasonOf(outage), { cause: error });
  const { cause } = error;
  const status = cause instanceof Response ? cause.status : 0;
  const more = cause instanceof Error ? `: ${cause.message}` : status > 0 ? ` (${status})` : "";
  return new BrokenOff(problemOf(status), clipped(`${error.message}${more}`), { cause: error });
}

/** RFC 6749 §5.2. */
function hintFor(code: string): string {
  return code === "invalid_client" ? WRONG_CREDENTIALS : "";
}

async function errorIn(response: Response): Promise<string | undefined> {
  try {
    const body: unknown = await response.json();
    const code: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "error") : undefined;
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}

export function reasonOf({ detail, message }: OAuthError): string {
  return detail ?? message;
}

function problemOf(status: number): "no_answer" | "wrong_answer" {
  return status >= 500 || status === 429 ? "no_answer" : "wrong_answer";
}

/** What our own fetch threw. */
function outageIn(error: unknown): OAuthError | undefined {
  if (error instanceof OAuthError) return error;
  return error instanceof Error && error.cause !== undefined ? outageIn(error.cause) : undefined;
}
