import type { Cookies } from "../../http/cookies.ts";
import type { Clock } from "../../platform/clock.ts";
import { randomId } from "../../platform/random.ts";
import type { PersonRecord } from "../../store/people-records.ts";
import type { Store } from "../../store/store.ts";
import type { Bound, BrowserBinding } from "./browser-binding.ts";

/** How many other requests may be under way in one browser: each has a cookie, and many cookies at once die in proxies. */
const OTHERS = 4;

const PREFIX = "gatehouse-request-";
const SHORT_ID = /^[\w-]{8}$/;

/**
 * One cookie for each authorization request, for as long as it lasts. It has the id of the browser, and once somebody has
 * signed in, that of the sign-in, which is new each time. The sealed request that this opens is in the answer to the
 * sign-in and nowhere else: a program that is sent every cookie has never seen it.
 */
export function bindToRequest(parts: {
  readonly cookies: Cookies;
  readonly store: Pick<Store, "findPerson">;
  readonly clock: Clock;
}): BrowserBinding {
  const { cookies, store, clock } = parts;
  const read = (request: Request, bound: Bound) => parse(cookies.read(request, nameOf(bound)) ?? "");
  const set = (bound: Bound, signIn?: string): string => {
    const seconds = Math.max(0, Math.ceil((bound.endsAt - clock()) / 1000));
    const parts = [bound.endsAt.toString(36), bound.browser, ...(signIn === undefined ? [] : [signIn])];
    return cookies.set(nameOf(bound), parts.join("."), seconds);
  };
  /** All but the youngest of the other requests. The browser need not send them in any order, so the cookies say when. */
  const surplus = (request: Request): readonly string[] =>
    cookies
      .readAll(request, PREFIX)
      .filter(({ rest }) => SHORT_ID.test(rest))
      .sort((one, other) => parse(other.value).endsAt - parse(one.value).endsAt)
      .slice(OTHERS)
      .map(({ rest }) => cookies.expire(PREFIX + rest));

  return {
    signedIn: async () => undefined,
    begin(request, begun) {
      const browser = randomId();
      return { browser, setCookies: [set({ ...begun, browser }), ...surplus(request)] };
    },
    browserOf: (request, bound) => read(request, bound).browser,
    newSignIn(_request, bound) {
      const signIn = randomId();
      return { session: undefined, signIn, setCookies: [set(bound, signIn)] };
    },
    async signedInFor(request, bound) {
      const { signIn } = read(request, bound);
      if (signIn === undefined || signIn !== bound.signIn) return undefined;
      const { signedInAt, authenticatedAt } = bound;
      const record = await store.findPerson(bound.person.id);
      return record && isSignedIn(record, signedInAt)
        ? { person: record.person, signIn, signedInAt, authenticatedAt }
        : undefined;
    },
    end: (bound) => [cookies.expire(nameOf(bound))],
  };
}

/** Not where the person was removed since: a person who has the same id afterwards may be another one. */
function isSignedIn({ disabledAt, signedOutAt, createdAt }: PersonRecord, signedInAt: number): boolean {
  return disabledAt === null && (signedOutAt ?? 0) < signedInAt && createdAt <= signedInAt;
}

function nameOf({ id }: Pick<Bound, "id">): string {
  return PREFIX + id.slice(0, 8);
}

/** Others can set such a cookie too: what cannot be read is older than everything. */
function parse(value: string): {
  readonly endsAt: number;
  readonly browser: string | undefined;
  readonly signIn: string | undefined;
} {
  const [endsAt = "", browser, signIn] = value.split(".");
  return { endsAt: Number.parseInt(endsAt, 36) || 0, browser, signIn };
}
