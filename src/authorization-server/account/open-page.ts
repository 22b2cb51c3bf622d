import { seeOther } from "../../http/responses.ts";
import type { AccountSessions } from "../people/account-sessions.ts";
import type { CurrentSignIn } from "../people/browser-binding.ts";
import { loginUrl } from "../sign-in/login-path.ts";
import type { AccountVisits } from "./account-visits.ts";
import { PAGE_TOKEN, type PageToken, type PageTokens } from "./page-tokens.ts";

export type OpenPageParts = {
  readonly sessions: Pick<AccountSessions, "current" | "cookieShowsPage">;
  readonly pageTokens: Pick<PageTokens, "open">;
  readonly visits: Pick<AccountVisits, "begin">;
  readonly issuer: string;
};

/** Who is signed in, and whether this request may show them a page of their account. */
export type OpenedPage = {
  readonly current: CurrentSignIn | undefined;
  readonly shown: { readonly current: CurrentSignIn; readonly token: PageToken | undefined } | undefined;
};

export async function openPage(
  request: Request,
  { sessions, pageTokens }: Pick<OpenPageParts, "sessions" | "pageTokens">,
): Promise<OpenedPage> {
  const current = await sessions.current(request);
  if (!current) return { current, shown: undefined };
  const token = await pageTokens.open(pageTokenIn(request), current);
  return { current, shown: token || sessions.cookieShowsPage ? { current, token } : undefined };
}

export function pageTokenIn(request: Request): string {
  return new URL(request.url).searchParams.get(PAGE_TOKEN) ?? "";
}

/** To a sign-in for the account page, where it ends. */
export async function toSignIn(
  request: Request,
  { visits, issuer }: Pick<OpenPageParts, "visits" | "issuer">,
): Promise<Response> {
  const { sealed, setCookies } = await visits.begin(request, { kind: "sign_in" });
  return seeOther(loginUrl(sealed, issuer), setCookies);
}
