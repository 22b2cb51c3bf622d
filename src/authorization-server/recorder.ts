import {
  type AuditEntry,
  type AuditedEvent,
  declarationOf,
  isLogged,
  type OwnFields,
  type RequestEvent,
  type SecurityEvent,
} from "../core/events.ts";
import type { Peer } from "../http/peer.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import type { Store } from "../store/store.ts";

/** Tells what happened, and from where: the log and the audit log have it from one value. */
export type Recorder = {
  /** For an event that is a change in the store. */
  prepare<Name extends RequestEvent>(event: Name, fields: OwnFields<Name>, peer: Peer): Recording<Name>;
  /** For an event that changes nothing there: a line, and a row of its own. */
  record<Name extends RequestEvent & SecurityEvent>(
    event: Name,
    fields: OwnFields<Name>,
    peer: Peer,
  ): Promise<void>;
};

export type Recording<Name extends RequestEvent> = {
  /** To be given to the store, which writes it with the change or not at all. */
  readonly entry: AuditEntry<Name>;
  /** Writes the line, where the log has such events. To be called once the change is made. */
  log(): void;
};

export type RecorderParts = {
  readonly store: Pick<Store, "recordAudit">;
  readonly clock: Clock;
  readonly log: Log;
};

/** Of each event that strangers cause, by this process: some four gigabytes, if somebody keeps at it for as long as rows are kept. */
const ROWS_AN_HOUR = 1000;
const HOUR_MS = 60 * 60 * 1000;

export function createRecorder({ store, clock, log }: RecorderParts): Recorder {
  const hours = new Map<AuditedEvent, Hour>();

  /** The log has them all, and the next row says how many it is ahead. */
  const limited = <Entry extends AuditEntry>(entry: Entry): Entry | undefined => {
    const { event, at } = entry;
    let hour = hours.get(event);
    if (!hour || at >= hour.endsAt) {
      hour = { endsAt: at + HOUR_MS, written: 0, omitted: hour?.omitted ?? 0 };
      hours.set(event, hour);
    }
    if (hour.written === ROWS_AN_HOUR) {
      hour.omitted += 1;
      return undefined;
    }
    hour.written += 1;
    const { omitted } = hour;
    hour.omitted = 0;
    return omitted === 0 ? entry : { ...entry, omitted };
  };

  const write = (entry: AuditEntry): void => {
    if (isLogged(entry)) log.event(entry.event, entry.fields);
  };

  const prepare = <Name extends RequestEvent>(
    event: Name,
    fields: OwnFields<Name>,
    { address, correlationId }: Peer,
  ): Recording<Name> => {
    const entry: AuditEntry<Name> = { event, at: clock(), fields: { ...fields, address, correlationId } };
    return { entry, log: () => write(entry) };
  };

  return {
    prepare,
    async record(event, fields, peer) {
      const recording = prepare(event, fields, peer);
      recording.log();
      const entry = declarationOf(event).byStrangers ? limited(recording.entry) : recording.entry;
      if (entry) await store.recordAudit(entry);
    },
  };
}

type Hour = { readonly endsAt: number; written: number; omitted: number };
