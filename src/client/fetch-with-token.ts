import { ConfigurationError } from "../core/errors.ts";
import { isUsableUrl } from "../platform/addresses.ts";

type Target = Parameters<typeof fetch>[0];
type Init = NonNullable<Parameters<typeof fetch>[1]>;

/** {@link fetch} with a token, and once more with a new one where the first was refused. */
export function fetchWithToken({
  fetch: fetchIt,
  getToken,
  answered401,
  allowInsecure,
}: {
  readonly fetch: typeof fetch;
  readonly getToken: () => Promise<string>;
  /** Says whether another token is worth a try. */
  readonly answered401: (token: string) => boolean;
  /** Whether the operator lets tokens cross a network readable. */
  readonly allowInsecure: boolean;
}): typeof fetch {
  return async (target, init = {}) => {
    const url = checkTarget(target, allowInsecure);
    const second = canBeSentAgain(init) ? copyOf(target, init) : undefined;
    const token = await getToken();
    const response = await fetchIt(target, withToken(target, init, token));
    // After a redirect to another origin, it is somebody else's 401, who never saw the token.
    if (response.status !== 401 || new URL(response.url || url).origin !== url.origin) return response;
    if (!answered401(token) || second === undefined) return response;
    await response.body?.cancel();
    return fetchIt(second, withToken(second, init, await getToken()));
  };
}

/** RFC 6750 §5.3: not over a network in the clear. */
function checkTarget(target: Target, allowInsecure: boolean): URL {
  const url = new URL(target instanceof Request ? target.url : target);
  url.hash = "";
  if (isUsableUrl(url.href, allowInsecure)) return url;
  throw new ConfigurationError(
    `${url.origin} gets no token, because it would be sent unencrypted. Use an https:// URL without a user name.`,
  );
}

function withToken(target: Target, init: Init, token: string): Init {
  const headers = new Headers(init.headers ?? (target instanceof Request ? target.headers : undefined));
  headers.set("Authorization", `Bearer ${token}`);
  return { ...init, headers };
}

/** A stream is used up by the first request. */
function canBeSentAgain({ body }: Init): boolean {
  return !(
    typeof body === "object" &&
    body !== null &&
    (Symbol.asyncIterator in body || "getReader" in body)
  );
}

/** A request with a body has to be copied before it is sent. */
function copyOf(target: Target, init: Init): Target {
  return target instanceof Request && (init.body ?? null) === null ? target.clone() : target;
}
