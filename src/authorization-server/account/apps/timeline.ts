import type { AuditRecord } from "../../../core/events.ts";
import { overAt } from "../../../core/grant.ts";
import type { ScopeCatalogue } from "../../../core/scopes.ts";
import type { AppLife, TimelineEntry } from "../../../pages/account/app-values.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { AuditPage, Store } from "../../../store/store.ts";
import { ownEntriesSince } from "../own-entries.ts";
import { refusedOf } from "./connected-apps.ts";
import { entryOf, isTold, type TellParts } from "./timeline-entries.ts";

export type TimelineParts = {
  readonly store: Pick<Store, "findPerson" | "readAudit" | "listGrants" | "findGrantEnds">;
  readonly catalogue: Pick<ScopeCatalogue, "descriptions">;
  readonly clock: Clock;
} & Pick<TellParts, "serviceLabel">;

/** After which entry a page begins. */
export type AfterEntry = NonNullable<AuditPage["from"]>;

export type Timeline = {
  /** Newest first. */
  readonly entries: readonly TimelineEntry[];
  /** Where the next page begins; undefined where there is none. */
  readonly next: AfterEntry | undefined;
};

/** On one page. */
const MOST = 25;
const READ_AT_ONCE = 100;
/** For one page: most of a person's rows may be sign-ins, and a page may not read them without an end. */
const MOST_READ = 500;

/** What happened with a person's apps, as the audit log says it: a page of it. */
export async function timelineOf(
  personId: string,
  after: AfterEntry | undefined,
  parts: TimelineParts,
): Promise<Timeline> {
  const { told, next } = await rowsOf(personId, after, parts);
  const lives = await livesOf(personId, told, parts);
  return { entries: told.map((row) => entryOf(row, { ...parts, lives })), next };
}

export function afterEntry(text: string): AfterEntry | undefined {
  const [, at, id] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  return at === undefined || id === undefined ? undefined : { at: Number(at), id: Number(id) };
}

export function afterEntryText({ at, id }: AfterEntry): string {
  return `${at}-${id}`;
}

async function rowsOf(
  personId: string,
  after: AfterEntry | undefined,
  { store }: TimelineParts,
): Promise<{ readonly told: readonly AuditRecord[]; readonly next: AfterEntry | undefined }> {
  const since = ownEntriesSince(await store.findPerson(personId));
  const told: AuditRecord[] = [];
  let from = after;
  for (let read = 0; read < MOST_READ; read += READ_AT_ONCE) {
    const concerning = { kind: "person", id: personId } as const;
    const rows = await store.readAudit({
      concerning,
      since,
      order: "newest_first",
      from,
      limit: READ_AT_ONCE,
    });
    for (const row of rows) {
      if (!isTold(row)) continue;
      if (told.length === MOST) return { told, next: told.at(-1) };
      told.push(row);
    }
    if (rows.length < READ_AT_ONCE) return { told, next: undefined };
    from = rows.at(-1);
  }
  return { told, next: from };
}

/** What became of the grants that were approved in these rows. */
async function livesOf(
  personId: string,
  rows: readonly AuditRecord[],
  { store, clock }: TimelineParts,
): Promise<ReadonlyMap<string, AppLife>> {
  const approved = rows.flatMap(({ event, at, fields: { grant, client } }) =>
    event.startsWith("consent.") && grant !== undefined && client !== undefined
      ? [{ id: grant, clientId: client, approvedAt: at }]
      : [],
  );
  const now = clock();
  const grants = await store.listGrants({ personId, ids: approved.map(({ id }) => id) });
  const lives = new Map<string, AppLife>(
    grants.map((grant) => [grant.id, { end: overAt(grant, now), refused: refusedOf(grant) }]),
  );
  const ends = await store.findGrantEnds(approved.filter(({ id }) => !lives.has(id)));
  for (const [id, end] of ends) lives.set(id, { end, refused: undefined });
  return lives;
}
