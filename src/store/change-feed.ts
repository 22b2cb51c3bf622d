import { type Given, prepare, type Query, type QueryBuilder } from "./query.ts";

/** What must learn of changes by other processes: the caches. */
export type Follower = {
  changed(changes: readonly RemoteChange[]): void;
  /** Everything changed by this time (of `performance.now()`) has been told. Comes several times a second. */
  caughtUp(until: number): void;
  /** From now on changes may be missed, until {@link Follower.caughtUp} is called again. */
  interrupted(): void;
};

export type RemoteChange =
  | {
      readonly kind: "grant_revoked" | "client_removed" | "client_disabled" | "client_enabled";
      readonly id: string;
    }
  /** Who was disabled, enabled, signed out, removed or linked, or has an identity less: what was verified may be another's. */
  | { readonly kind: "person_changed"; readonly id: string }
  /** What this person has at other services was connected anew, has ended or is dead. */
  | { readonly kind: "upstream_changed"; readonly id: string }
  | { readonly kind: "signing_keys" }
  /** Something that is not said, or that was missed. Revocations are said one by one all the same. */
  | { readonly kind: "anything" };

/** What the database announced, read to the end at each look. Looks are made one after the other. */
export type ChangeFeed = {
  /** Begins here: nothing that is older is kept in memory anywhere yet. */
  begin(read: ReadFeed): Promise<void>;
  /** Tells the followers what is new. @param askedAt when the look began, of `performance.now()` */
  look(read: ReadFeed, askedAt: number): Promise<void>;
  /** There was nothing new. */
  caughtUp(askedAt: number): void;
  /** The way to the database is cut: the next look may come late. */
  interrupted(): void;
  /** Returns the function that stops it. */
  follow(follower: Follower): () => void;
};

/** Runs a query of the feed. */
export type ReadFeed = <Result>(query: Query<Result>) => Promise<readonly Result[]>;

const PAGE = 1000;

/** Another database that takes the place of one lacks its last changes, and may give their numbers to others. */
const READ_AGAIN = 10 * PAGE;

/** The ids say what is new: the database gives them in the order in which its commits can be seen. */
export function createChangeFeed(db: QueryBuilder): ChangeFeed {
  const followers = new Set<Follower>();
  const queries = feedQueries(db);
  let mark = 0;
  let isInterrupted = false;

  const tell = (changes: readonly RemoteChange[]) => {
    if (changes.length === 0) return;
    for (const { changed } of followers) changed(changes);
  };

  const caughtUp = (askedAt: number) => {
    isInterrupted = false;
    for (const follower of followers) follower.caughtUp(askedAt);
  };

  return {
    async begin(read) {
      [mark = 0] = await read(queries.last);
    },
    async look(read, askedAt) {
      const wasInterrupted = isInterrupted;
      if (wasInterrupted) {
        const [last = 0] = await read(queries.last);
        // Telling twice does no harm.
        mark = last < mark ? 0 : Math.max(0, mark - READ_AGAIN);
      }
      let page: readonly Announcement[];
      do {
        page = await read(queries.after({ mark }));
        tell(page.map(({ change }) => change));
        mark = page.at(-1)?.id ?? mark;
      } while (page.length === PAGE);
      if (wasInterrupted) tell([{ kind: "anything" }]);
      caughtUp(askedAt);
    },
    caughtUp,
    interrupted() {
      isInterrupted = true;
      for (const follower of followers) follower.interrupted();
    },
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}

type Announcement = { readonly id: number; readonly change: RemoteChange };

function feedQueries(db: QueryBuilder) {
  const last = prepare(
    () => db.selectFrom("changes").select(({ fn }) => fn.max("id").as("id")),
    (row) => row.id ?? 0,
  );
  const after = prepare(
    (given: Given<{ mark: number }>) =>
      db
        .selectFrom("changes")
        .select(["id", "kind", "subject"])
        .where("id", ">", given("mark"))
        .orderBy("id")
        .limit(PAGE),
    ({ id, kind, subject }): Announcement => ({ id, change: toChange(kind, subject) }),
  );
  return { last: last({}), after };
}

/** A newer version may announce what this one does not know. */
function toChange(kind: string, subject: string): RemoteChange {
  switch (kind) {
    case "grant_revoked":
    case "client_removed":
    case "client_disabled":
    case "client_enabled":
    case "person_changed":
    case "upstream_changed":
      return { kind, id: subject };
    case "signing_keys":
      return { kind };
    default:
      return { kind: "anything" };
  }
}
