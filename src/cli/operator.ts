import { userInfo } from "node:os";
import type { AuditEntry, AuditedEvent, EventFields } from "../core/events.ts";

/** What the operator does by command line, for the audit log. */
export function operatorEntry(event: AuditedEvent, fields: EventFields): AuditEntry {
  return { event, at: Date.now(), fields: { ...fields, operator: login(), address: "command line" } };
}

function login(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid ${process.getuid?.()}`;
  }
}
