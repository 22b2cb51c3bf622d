import { shown } from "../../../core/shown.ts";
import type { SignInProblem } from "../sign-in-problems.ts";
import { BrokenOff } from "./provider.ts";

const PROBLEMS: ReadonlyMap<string, SignInProblem> = new Map<string, SignInProblem>([
  ["access_denied", "cancelled"],
  ["temporarily_unavailable", "no_answer"],
  ["server_error", "no_answer"],
  ["login_required", "sign_in_is_old"],
]);

/** What an error response of the authorization endpoint comes to (RFC 6749 §4.1.2.1). */
export function answeredError(error: string, description: string | undefined): BrokenOff {
  const why = description === undefined ? "" : `: ${shown(description)}`;
  return new BrokenOff(PROBLEMS.get(error) ?? "wrong_answer", `the provider answered ${shown(error)}${why}`);
}
