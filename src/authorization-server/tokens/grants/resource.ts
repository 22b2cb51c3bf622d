import type { Params } from "../../../core/params.ts";
import { requireResource } from "../../../core/resource.ts";

/**
 * The resource that a token request names (RFC 8707 §2.2), as we spell it; undefined where it names none.
 * @throws OAuthError `invalid_target` where one of them isn't ours.
 */
export function askedResource(params: Params, resource: string): string | undefined {
  const asked = params.all("resource");
  requireResource(asked, resource);
  return asked.length > 0 ? resource : undefined;
}
