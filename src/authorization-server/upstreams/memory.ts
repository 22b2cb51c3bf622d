import type { Clock } from "../../platform/clock.ts";

/** What this process remembers of people's tokens and keys, so that one costs no question to the database. Bounded. */
export type UpstreamMemory<Found> = {
  /** What is remembered, and counts. */
  get(personId: string, name: string): Found | undefined;
  /**
   * Finds it out once, whoever asks for it meanwhile, and remembers it unless something of the person changed since it began.
   */
  find(personId: string, name: string, look: Look<Found>): Promise<Found>;
  /** Nothing of this person counts any more, nor what is being found out. */
  forget(personId: string): void;
};

const MOST_PEOPLE = 10_000;

/** @param counts whether what is remembered may be used: this process knows of every change */
export function createUpstreamMemory<Found>(
  clock: Clock,
  counts: () => boolean,
  mostPeople: number = MOST_PEOPLE,
): UpstreamMemory<Found> {
  const people = new Map<string, Map<string, { readonly found: Found; readonly until: number }>>();
  const looking = new Map<string, Map<string, Looking<Found>>>();

  const remember = (personId: string, name: string, found: Found, until: number) => {
    let theirs = people.get(personId);
    if (!theirs) {
      theirs = new Map();
      people.set(personId, theirs);
      const [oldest] = people.keys();
      if (people.size > mostPeople && oldest !== undefined) people.delete(oldest);
    }
    theirs.set(name, { found, until });
  };

  const begin = (personId: string, name: string, look: Look<Found>): Promise<Found> => {
    const state = { isOutdated: false };
    const done = () => {
      const theirs = looking.get(personId);
      if (theirs?.get(name)?.state === state) theirs.delete(name);
      if (theirs?.size === 0) looking.delete(personId);
    };
    const found = look()
      .then((looked) => {
        if (!state.isOutdated) remember(personId, name, looked.found, looked.until);
        return looked.found;
      })
      .finally(done);
    const theirs = looking.get(personId) ?? new Map<string, Looking<Found>>();
    looking.set(personId, theirs.set(name, { state, found }));
    return found;
  };

  const outdate = (theirs: Map<string, Looking<Found>> | undefined) => {
    for (const { state } of theirs?.values() ?? []) state.isOutdated = true;
  };

  return {
    get(personId, name) {
      const one = people.get(personId)?.get(name);
      return one !== undefined && one.until > clock() && counts() ? one.found : undefined;
    },
    find: (personId, name, look) => looking.get(personId)?.get(name)?.found ?? begin(personId, name, look),
    forget(personId) {
      people.delete(personId);
      outdate(looking.get(personId));
      // Who asks from now on must not get what was read before.
      looking.delete(personId);
    },
  };
}

/** What was found, and how long it counts, in epoch milliseconds. */
type Look<Found> = () => Promise<{ readonly found: Found; readonly until: number }>;

type Looking<Found> = { readonly state: { isOutdated: boolean }; readonly found: Promise<Found> };
