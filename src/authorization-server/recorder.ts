import {
  type AuditEntry,
  type AuditedEvent,
  type EventFields,
  isSecurityEvent,
  type SecurityEvent,
} from "../core/events.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import { createWindows } from "../sign-in/windows.ts";
import type { Store } from "../store/store.ts";
import type { Peer } from "./deps.ts";

/** Tells what happened, and from where: the log and the audit log have it from one value. */
export type Recorder = {
  /** For an event that is a change in the store. */
  prepare(event: AuditedEvent, fields: EventFields, peer: Peer): Recording;
  /** For an event that changes nothing there: a line, and a row of its own. */
  record(event: AuditedEvent & SecurityEvent, fields: EventFields, peer: Peer): Promise<void>;
};

export type Recording = {
  /** To be given to the store, which writes it with the change or not at all. */
  readonly entry: AuditEntry;
  /** Writes the line, where the log has such events. To be called once the change is made. */
  log(): void;
};

export type RecorderDeps = {
  readonly store: Pick<Store, "recordAudit">;
  readonly clock: Clock;
  readonly log: Log;
};

/** Whoever causes these has shown no password. */
const BY_STRANGERS: ReadonlySet<AuditedEvent> = new Set(["sign_in.failed", "sign_in.slowed"]);
/** Of each of them: some two gigabytes, if somebody keeps at it for as long as rows are kept. */
const ROWS_AN_HOUR = { points: 1000, seconds: 3600 };

export function createRecorder({ store, clock, log }: RecorderDeps): Recorder {
  const rows = createWindows(ROWS_AN_HOUR, clock);
  const omitted = new Map<AuditedEvent, number>();

  /** The next row says how many there were between: the log has them all. */
  const limited = (entry: AuditEntry): AuditEntry | undefined => {
    const { event, fields } = entry;
    const before = omitted.get(event) ?? 0;
    if (rows.wait(event) > 0) {
      omitted.set(event, before + 1);
      return undefined;
    }
    rows.count(event);
    omitted.delete(event);
    return before === 0 ? entry : { ...entry, fields: { ...fields, omitted: before } };
  };

  const prepare: Recorder["prepare"] = (event, fields, { address, correlationId }) => {
    const entry = { event, at: clock(), fields: { ...fields, address, correlationId } };
    return {
      entry,
      log() {
        if (isSecurityEvent(event)) log.event(event, entry.fields);
      },
    };
  };

  return {
    prepare,
    async record(event, fields, peer) {
      const recording = prepare(event, fields, peer);
      recording.log();
      const entry = BY_STRANGERS.has(event) ? limited(recording.entry) : recording.entry;
      if (entry) await store.recordAudit(entry);
    },
  };
}
