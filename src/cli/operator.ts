import { userInfo } from "node:os";
import type { AuditEntry, CommandEvent, OwnFields } from "../core/events.ts";

/** What the operator does by command line, for the audit log. */
export function operatorEntry<Name extends CommandEvent>(
  event: Name,
  fields: OwnFields<Name>,
): AuditEntry<Name> {
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
