import { Option } from "commander";
import { wrongValue } from "../config/problems.ts";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const AGE = /^(\d{1,6})([smhdw])$/;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?Z?)?$/;

/**
 * A time that somebody typed: an age, or a date in UTC with or without a time of day.
 * @returns epoch milliseconds.
 * @throws ConfigurationError that names the flag and what would be right.
 */
export function readTime(flag: string, given: string, now: number): number {
  const [, count, unit = ""] = AGE.exec(given) ?? [];
  if (count !== undefined) return now - Number(count) * (SECONDS[unit] ?? 0) * 1000;
  const [, day = "", minutes = "00:00", seconds = ":00"] = TIME.exec(given) ?? [];
  const at = Date.parse(`${day}T${minutes}${seconds}Z`);
  // A thirtieth of February would be taken for a day in March.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(day)) {
    throw wrongValue(
      flag,
      given,
      "an age such as 30m, 2h or 7d, or a time in UTC such as 2026-11-01 or 2026-11-01T09:30",
    );
  }
  return at;
}

/** As many as there is room for in memory, and more than anybody reads. */
const MOST = 1_000_000;

/** An option for `readCount`. */
export function countOption(flags: string, description: string, usual: number): Option {
  return new Option(flags, description).default(String(usual), String(usual));
}

/** @throws ConfigurationError that names the flag and what would be right. */
export function readCount(flag: string, given: string): number {
  const count = /^\d+$/.test(given) ? Number(given) : 0;
  if (count < 1 || count > MOST) throw wrongValue(flag, given, `a whole number from 1 to ${MOST}`);
  return count;
}
