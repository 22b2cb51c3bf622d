import type { AccountSessions } from "../people/account-sessions.ts";
import type { CurrentSignIn } from "../people/browser-binding.ts";
import { connectPathOf } from "../sign-in/account-path.ts";
import type { Goal, GoalsOfOneKind } from "../sign-in/goals.ts";
import type { Visit } from "../sign-in/method.ts";
import { type AccountVisit, type AccountVisits, visitOf } from "./account-visits.ts";
import type { PageTokens } from "./page-tokens.ts";

export type AccountGoalsParts = {
  readonly visits: Pick<AccountVisits, "open" | "end">;
  readonly sessions: Pick<AccountSessions, "begin" | "current" | "cookieShowsPage">;
  readonly pageTokens: Pick<PageTokens, "urlFor" | "urlToAsk">;
};

/**
 * Signing in at the account page, again for a change there, and linking another way to sign in: each ends at the page. And
 * signing in to connect an upstream, which ends at the page for that.
 */
export function accountGoals(parts: AccountGoalsParts): GoalsOfOneKind {
  return {
    async open(request, sealed = "") {
      const visit = await parts.visits.open(request, sealed);
      if (!visit) return undefined;
      const { purpose } = visit;
      const begunBy = "session" in purpose ? { signIn: purpose.session } : undefined;
      return goalOf(visit, visitOf(purpose, sealed, await parts.pageTokens.urlFor(begunBy)), parts);
    },
  };
}

function goalOf(
  visit: AccountVisit,
  shown: Visit,
  { visits, sessions, pageTokens }: AccountGoalsParts,
): Goal {
  const { purpose } = visit;
  if (purpose.kind === "link") {
    const { method, personId, session } = purpose;
    return {
      kind: "link",
      visit: shown,
      method,
      personId,
      async signedIn(request) {
        const current = await sessions.current(request);
        return current?.signIn === session && current.person.id === personId ? current : undefined;
      },
      ask: async (current, proposed) => ({
        location: await pageTokens.urlToAsk(current, proposed),
        setCookies: visits.end(visit),
      }),
      go: async (current) => ({
        location: await pageTokens.urlFor(current, "identity_linked"),
        setCookies: visits.end(visit),
      }),
    };
  }
  const confirms = purpose.kind === "confirm" ? purpose : undefined;
  const locationFor = (current: CurrentSignIn) =>
    purpose.kind === "connect"
      ? pageTokens.urlFor(current, undefined, { path: connectPathOf(purpose.upstream) })
      : pageTokens.urlFor(current, confirms && "signed_in_again");
  return {
    kind: "sign_in",
    visit: shown,
    onlyPerson: purpose.kind === "sign_in" ? undefined : purpose.personId,
    newSignIn(request, details) {
      const { session, setCookie } = sessions.begin(request, details);
      return {
        // Where a cookie goes to other programs as well, one who signs in with it ends no session of another person.
        session: sessions.cookieShowsPage ? session : { ...session, replaces: confirms?.session },
        go: async (signedIn) => ({
          location: await locationFor({ ...signedIn, signIn: session.hash }),
          setCookies: [setCookie, ...visits.end(visit)],
        }),
      };
    },
  };
}
