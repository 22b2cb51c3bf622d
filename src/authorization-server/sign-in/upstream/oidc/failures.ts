import { OAuthError } from "../../../../core/errors.ts";
import { clipped, shown } from "../../../../core/shown.ts";
import { answeredError } from "../answer-error.ts";
import { BrokenOff } from "../provider.ts";
import { openidClient } from "./openid-client.ts";

/** What a failure of openid-client comes to. What it did not foresee stays as it is. */
export async function brokenOffOf(error: unknown): Promise<unknown> {
  const client = await openidClient();
  if (error instanceof client.AuthorizationResponseError) {
    return answeredError(error.error, error.error_description);
  }
  if (error instanceof client.ResponseBodyError) {
    const { status, error: code, error_description: description } = error;
    const why = description === undefined ? "" : `: ${shown(description)}`;
    return new BrokenOff(problemOf(status), `the token endpoint answered ${status} ${shown(code)}${why}`, {
      cause: error,
    });
  }
  if (error instanceof client.WWWAuthenticateChallengeError) {
    return new BrokenOff(problemOf(error.status), `the provider answered ${error.status}`, { cause: error });
  }
  if (!(error instanceof client.ClientError)) return error;
  const outage = outageIn(error);
  if (outage) return new BrokenOff("no_answer", reasonOf(outage), { cause: error });
  const { cause } = error;
  const status = cause instanceof Response ? cause.status : 0;
  const more = cause instanceof Error ? `: ${cause.message}` : status > 0 ? ` (${status})` : "";
  return new BrokenOff(problemOf(status), clipped(`${error.message}${more}`), { cause: error });
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
