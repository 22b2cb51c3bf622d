import type { AuditRecord } from "../../core/events.ts";
import type { AuditPage, Store } from "../store.ts";

/** Which rows of the audit log are wanted: those of which all of this is true. */
export type AuditSearch = {
  readonly person?: string | undefined;
  readonly client?: string | undefined;
  readonly grant?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly outcome?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** For what is no column. */
  readonly where?: ((record: AuditRecord) => boolean) | undefined;
};

/** In one statement. What a search wants may be rare, and then one statement that looks for it takes for ever. */
const PAGE_ROWS = 1000;

/** The rows that a search wants, page by page, by time. Rows that are written meanwhile may be among them. */
export async function* searchAudit(
  store: Pick<Store, "readAudit">,
  search: AuditSearch,
  order: AuditPage["order"],
): AsyncGenerator<AuditRecord> {
  const { since, until } = search;
  const page: AuditPage = { concerning: concerning(search), since, until, order, limit: PAGE_ROWS };
  for (let from: AuditRecord | undefined; ; ) {
    const rows = await store.readAudit({ ...page, from });
    yield* rows.filter((record) => isWanted(record, search));
    if (rows.length < PAGE_ROWS) return;
    from = rows.at(-1);
  }
}

export function isWanted(record: AuditRecord, search: AuditSearch): boolean {
  const { person, client, grant, events, outcome, since, until, where } = search;
  const { fields, at } = record;
  return (
    (person === undefined || fields.person === person) &&
    (client === undefined || fields.client === client) &&
    (grant === undefined || fields.grant === grant) &&
    (events === undefined || events.includes(record.event)) &&
    (outcome === undefined || record.outcome === outcome) &&
    (since === undefined || at >= since) &&
    (until === undefined || at < until) &&
    (where === undefined || where(record))
  );
}

/** By one index, that of the fewest rows: a grant has a handful, a person some, a client maybe everybody's. */
function concerning({ grant, person, client }: AuditSearch): AuditPage["concerning"] {
  if (grant !== undefined) return { kind: "grant", id: grant };
  if (person !== undefined) return { kind: "person", id: person };
  if (client !== undefined) return { kind: "client", id: client };
  return undefined;
}

/** Tells the rows that are written from now on. */
export type AuditFollower = {
  /** What was written since the last time. */
  next(): Promise<readonly AuditRecord[]>;
  /** These are known already. */
  skip(records: readonly AuditRecord[]): void;
};

/**
 * How long a row may take from getting its id to its commit, by far: by then one of two is there that were written at the
 * same time, and the one with the lower id may come after it.
 */
const COMMITTED_AFTER_MS = 10_000;
/** As many rows as may be written in that time before following begins. */
const LOOK_BACK_ROWS = 10_000;

/** @param now milliseconds, by a clock that only goes forward. */
export async function followAudit(
  store: Pick<Store, "readAudit" | "auditAfter">,
  now: () => number,
): Promise<AuditFollower> {
  const [newest] = await store.readAudit({ order: "newest_first", limit: 1 });
  /** Every row up to here has been told, or will never come. */
  let settledId = Math.max(0, (newest?.id ?? 0) - LOOK_BACK_ROWS);
  /** Ids beyond it that have been told, and when. */
  const told = new Map<number, number>();

  const skip = (records: readonly AuditRecord[]): void => {
    for (const { id } of records) if (id > settledId) told.set(id, now());
  };

  const settle = (): void => {
    for (const [id, at] of told) if (now() - at > COMMITTED_AFTER_MS) settledId = Math.max(settledId, id);
    for (const id of told.keys()) if (id <= settledId) told.delete(id);
  };

  const next = async (): Promise<readonly AuditRecord[]> => {
    const news: AuditRecord[] = [];
    for (let afterId = settledId, isMore = true; isMore; ) {
      const rows = await store.auditAfter(afterId, PAGE_ROWS);
      news.push(...rows.filter(({ id }) => !told.has(id)));
      afterId = rows.at(-1)?.id ?? afterId;
      isMore = rows.length === PAGE_ROWS;
    }
    settle();
    skip(news);
    return news;
  };

  await next();
  return { next, skip };
}
