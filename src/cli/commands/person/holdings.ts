import type { Store } from "../../../store/store.ts";

/** What a person has, in numbers. */
export type Holdings = { readonly sessions: number; readonly grants: number };

/** More than anyone counts; a person's grants are not all read for a number. */
const MOST = 1000;

/** The sessions and grants of a person that have not ended. */
export async function holdingsOf(
  personId: string,
  store: Pick<Store, "listSessions" | "listGrants">,
  now: number,
): Promise<Holdings> {
  const sessions = await store.listSessions(personId, now);
  const grants = await store.listGrants({ personId, liveAt: now, limit: MOST + 1 });
  return { sessions: sessions.length, grants: grants.length };
}

/** `2 sessions and 1 grant`. */
export function inWords({ sessions, grants }: Holdings): string {
  return `${count(sessions, "session")} and ${count(grants, "grant")}`;
}

/** `1 session`, `no sessions`, `more than 1000 grants`. */
export function count(number: number, what: string): string {
  if (number > MOST) return `more than ${MOST} ${what}s`;
  return `${number === 0 ? "no" : number} ${number === 1 ? what : `${what}s`}`;
}
