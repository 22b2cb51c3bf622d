import { OAuthError } from "../../core/errors.ts";
import { displayName } from "../../core/person.ts";
import { urlOf } from "../../http/route.ts";
import type { AccountSessions } from "../people/account-sessions.ts";
import { ACCOUNT_PATH } from "../sign-in/account-path.ts";

/** The account, as pages outside it link to it. */
export type SignedInHere = {
  /** Of the account page. */
  readonly url: string;
  /** The name of the person who is signed in in this browser; undefined where no one is, or where it can't be told now. */
  personName(request: Request): Promise<string | undefined>;
};

export function createSignedInHere({
  sessions,
  issuer,
}: {
  readonly sessions: Pick<AccountSessions, "current" | "cookieShowsPage">;
  readonly issuer: string;
}): SignedInHere {
  return {
    url: urlOf(issuer, ACCOUNT_PATH),
    async personName(request) {
      // On a loopback issuer every program on this computer is sent the cookie: alone it shows nothing (decision 0042).
      if (!sessions.cookieShowsPage || !isOpenedByPerson(request)) return undefined;
      try {
        const current = await sessions.current(request);
        return current && displayName(current.person);
      } catch (error) {
        // The page is of use without it, when the database is down too.
        if (error instanceof OAuthError) return undefined;
        throw error;
      }
    },
  };
}

/** Whether the browser shows the answer in a window of its own: no script, frame or form of another page asks for it. */
function isOpenedByPerson({ headers }: Request): boolean {
  return (headers.get("sec-fetch-dest") ?? "document") === "document" && !headers.has("origin");
}
