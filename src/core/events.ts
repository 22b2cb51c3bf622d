import { EVENTS } from "./declared-events.ts";
import type { EventDeclaration, ORIGINS, ValuesOf } from "./event-declaration.ts";

type Events = typeof EVENTS;
export type EventName = keyof Events;

type KeptInOneOf<Kept> = {
  [Name in EventName]: Events[Name]["keptIn"] extends Kept ? Name : never;
}[EventName];
/** The security events: a line of the log each. */
export type SecurityEvent = KeptInOneOf<"log" | "both">;
/** Those that the log alone has. */
export type UnauditedEvent = KeptInOneOf<"log">;
export type AuditedEvent = KeptInOneOf<"audit" | "both">;

type FromOneOf<From> = {
  [Name in AuditedEvent]: OriginOf<Name> extends From ? Name : never;
}[AuditedEvent];
/** Those of the audit log that a request causes. */
export type RequestEvent = FromOneOf<"request" | "either">;
/** Those of the audit log that the operator causes by a command. */
export type CommandEvent = FromOneOf<"command" | "either">;

/** The refusals that differ in nothing but where they happen. */
export type RefusalEvent = {
  [Name in EventName]: Events[Name]["fields"] extends Events["request.refused"]["fields"] ? Name : never;
}[EventName];

type OriginOf<Name extends EventName> = NonNullable<Events[Name]["from"]>;
type OwnValues = { readonly [Name in EventName]: ValuesOf<Events[Name]["fields"]> };
type OriginValues = {
  readonly [Name in EventName]: [OriginOf<Name>] extends [never]
    ? unknown
    : ValuesOf<(typeof ORIGINS)[OriginOf<Name>]>;
};

/** What an event says of itself. */
export type OwnFields<Name extends EventName> = OwnValues[Name];
/** All that an event carries: what it says of itself, and where it comes from. */
export type EventFields<Name extends EventName> = OwnValues[Name] & OriginValues[Name];

/** The counters that some event adds to. */
export type EventCounter = {
  [Name in EventName]: keyof NonNullable<Events[Name]["counts"]>;
}[EventName];

const NAMES: readonly EventName[] = Object.keys(EVENTS).filter(isEventName);
export const SECURITY_EVENTS = NAMES.filter(isSecurityEvent);
export const AUDITED_EVENTS = NAMES.filter(isAuditedEvent);

function isEventName(name: string): name is EventName {
  return Object.hasOwn(EVENTS, name);
}

function isSecurityEvent(name: EventName): name is SecurityEvent {
  return EVENTS[name].keptIn !== "audit";
}

function isAuditedEvent(name: EventName): name is AuditedEvent {
  return EVENTS[name].keptIn !== "log";
}

/** What is declared of an event, where it may be any of them. */
export function declarationOf(event: EventName): EventDeclaration {
  return EVENTS[event];
}

/** An event on its way into the audit log. */
export type AuditEntry<Name extends AuditedEvent = AuditedEvent> = {
  readonly event: Name;
  /** Epoch milliseconds: of a server by its store's clock, of a command by its machine's. */
  readonly at: number;
  readonly fields: EventFields<Name>;
  /** How many of this event were left out before it, because strangers caused too many. */
  readonly omitted?: number;
};

/** Whether the log has a line for it too. */
export function isLogged(entry: AuditEntry): entry is AuditEntry<AuditedEvent & SecurityEvent> {
  return isSecurityEvent(entry.event);
}

/** A row of the audit log. Of an event that a later version wrote, this one knows nothing but the name. */
export type AuditRecord = {
  /** Grows from row to row. Of two that are written at the same time, the one with the lower id may be seen later. */
  readonly id: number;
  readonly event: string;
  readonly outcome: string;
  readonly at: number;
  readonly fields: RecordedFields;
};

/** What a row can say of every event, and what only its own has. */
export type RecordedFields = {
  /** The id of the grant that it is about. */
  readonly grant?: string | undefined;
  /** The `client_id` of the client that asks, or whose grant it is. */
  readonly client?: string | undefined;
  /** The id of the person who signs in or decides, or whose grant it is. */
  readonly person?: string | undefined;
  /** The login at the operating system of whoever ran the command. */
  readonly operator?: string | undefined;
  /** The address of the connection, or `command line`. */
  readonly address?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly reason?: string | undefined;
  readonly [detail: string]: unknown;
};
