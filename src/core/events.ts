/**
 * Everything that happens to an authorization, in one list for the log and the audit log. `docs/events.md` says when
 * each event comes and what fields it carries.
 *
 * `keptIn`: an event that changes who may do what, or that a person decided, is a row of the audit log. What programs do
 * many times a day, and what anybody can cause without a password, is a line of the log alone.
 */
const EVENTS = {
  "client.registered": { outcome: "ok", keptIn: "log" },
  "client.refused": { outcome: "refused", keptIn: "log" },
  "client.added": { outcome: "ok", keptIn: "audit" },
  "client.removed": { outcome: "ok", keptIn: "audit" },
  "client.disabled": { outcome: "ok", keptIn: "audit" },
  "client.enabled": { outcome: "ok", keptIn: "audit" },
  "client.granted": { outcome: "ok", keptIn: "audit" },
  "client.token": { outcome: "ok", keptIn: "log" },
  "sign_in.ok": { outcome: "ok", keptIn: "both" },
  "sign_in.failed": { outcome: "refused", keptIn: "both" },
  "sign_in.slowed": { outcome: "refused", keptIn: "both" },
  "sign_in.unchecked": { outcome: "refused", keptIn: "both" },
  "authorization.refused": { outcome: "refused", keptIn: "log" },
  "consent.approved": { outcome: "ok", keptIn: "both" },
  "consent.denied": { outcome: "denied", keptIn: "both" },
  "code.redeemed": { outcome: "ok", keptIn: "both" },
  "code.reused": { outcome: "refused", keptIn: "log" },
  "refresh.rotated": { outcome: "ok", keptIn: "log" },
  "refresh.repeated": { outcome: "ok", keptIn: "log" },
  "refresh.healed": { outcome: "ok", keptIn: "log" },
  "refresh.reused": { outcome: "refused", keptIn: "log" },
  "token.refused": { outcome: "refused", keptIn: "log" },
  "request.refused": { outcome: "refused", keptIn: "log" },
  "grant.revoked": { outcome: "ok", keptIn: "both" },
  "guard.refused": { outcome: "refused", keptIn: "log" },
  "key.rotated": { outcome: "ok", keptIn: "audit" },
  "secret.rotated": { outcome: "ok", keptIn: "audit" },
} as const satisfies Readonly<Record<string, { readonly outcome: Outcome; readonly keptIn: KeptIn }>>;

export const OUTCOMES = ["ok", "refused", "denied"] as const;
/** Refused by the server, denied by a person. */
export type Outcome = (typeof OUTCOMES)[number];
type KeptIn = "log" | "audit" | "both";

type EventName = keyof typeof EVENTS;
type KeptInOneOf<Kept extends KeptIn> = {
  [Name in EventName]: (typeof EVENTS)[Name]["keptIn"] extends Kept ? Name : never;
}[EventName];

/** The security events: a line of the log each. */
export type SecurityEvent = KeptInOneOf<"log" | "both">;
/** Those that the log alone has. */
export type UnauditedEvent = KeptInOneOf<"log">;
export type AuditedEvent = KeptInOneOf<"audit" | "both">;

const NAMES = Object.keys(EVENTS) as readonly EventName[];
export const SECURITY_EVENTS = NAMES.filter(isSecurityEvent);
export const AUDITED_EVENTS = NAMES.filter((name): name is AuditedEvent => EVENTS[name].keptIn !== "log");

export function isSecurityEvent(name: EventName): name is SecurityEvent {
  return EVENTS[name].keptIn !== "audit";
}

export function outcomeOf(event: EventName): Outcome {
  return EVENTS[event].outcome;
}

/** What an event carries: ids, names and reasons; never a token, a code, a secret or a password. */
export type EventFields = {
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
  /** What only this event has. */
  readonly [detail: string]: unknown;
};

/** An event on its way into the audit log. */
export type AuditEntry = {
  readonly event: AuditedEvent;
  /** Epoch milliseconds: of a server by its store's clock, of a command by its machine's. */
  readonly at: number;
  readonly fields: EventFields;
};

/** A row of the audit log. Of an event that a later version wrote, this one knows nothing but the name. */
export type AuditRecord = {
  /** Grows from row to row. Of two that are written at the same time, the one with the lower id may be seen later. */
  readonly id: number;
  readonly event: string;
  readonly outcome: string;
  readonly at: number;
  readonly fields: EventFields;
};
