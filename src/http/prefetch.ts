import { PageError } from "../pages/page-error.ts";

/**
 * Whether the browser loads it in advance, before the person goes there, and perhaps they never do (Fetch §3.7, `Sec-Purpose`). Older ones say
 * `Purpose`.
 */
export function isPrefetch({ headers }: Request): boolean {
  return headers.has("sec-purpose") || headers.has("purpose");
}

/**
 * For what changes something: the browser throws the answer away, and asks again once the person goes there.
 * @throws OAuthError `temporarily_unavailable`
 */
export function refusePrefetch(request: Request): void {
  if (!isPrefetch(request)) return;
  throw new PageError("temporarily_unavailable", ({ error }) => error.notInAdvance, {
    detail: "the browser asked for it in advance (Sec-Purpose)",
    advises: ({ error }) => error.whatToDo.openAgain,
  });
}
