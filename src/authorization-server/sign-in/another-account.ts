const PARAMETER = "choose";

/**
 * A link to a sign-in, for a person who wants another account: no provider is gone to without a click, and it is asked to
 * let the person choose, since the one that it would pick by itself is the one that was not wanted.
 */
export function forAnotherAccount(link: string): string {
  const url = new URL(link);
  url.searchParams.set(PARAMETER, "");
  return url.href;
}

/** Whether the request came by such a link. */
export function wantsAnotherAccount({ url }: Pick<Request, "url">): boolean {
  return new URL(url).searchParams.has(PARAMETER);
}
