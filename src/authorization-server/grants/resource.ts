import { OAuthError } from "../../core/errors.ts";
import { sameResource } from "../../core/grant.ts";
import type { Params } from "../../core/params.ts";

/** The `resource` of a token request (RFC 8707 §2.2). There is one resource here, so several must be one and the same. */
export function singleResource(params: Params): string | undefined {
  const [first, ...others] = params.all("resource");
  if (first !== undefined && others.some((other) => !sameResource(first, other))) {
    throw new OAuthError("invalid_target", "A token is for one resource; name one.");
  }
  return first;
}
