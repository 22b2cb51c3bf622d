const LONGEST_SHOWN = 100;

/** Part of a token, for a log line: a stranger wrote it, so it may be long, or an object that throws when it is made text. */
export function shown(member: unknown): string {
  return typeof member === "string" ? JSON.stringify(clipped(member)) : typeof member;
}

/** The text of a stranger, no longer than a line. */
export function clipped(text: string): string {
  return text.slice(0, LONGEST_SHOWN);
}
