import type { Counters, Taken } from "../store/counters.ts";

/** What strangers may do together in a time. */
export type Ceiling = { readonly key: string; readonly limit: number; readonly seconds: number };

/**
 * Half of a ceiling is for those who come first. Of the rest, each network has a tenth, so that no one can fill it for all others.
 * @param network undefined where everyone may come from it
 */
export async function takeShare(
  { key, limit, seconds }: Ceiling,
  network: string | undefined,
  counters: Counters,
  now: number,
): Promise<Taken> {
  const half = Math.ceil(limit / 2);
  const rest = limit - half;
  const first = await counters.take([{ key, limit: half, seconds }], now);
  if (first.waitSeconds === 0 || rest === 0) return first;
  const share = { key: `${key}: ${network}`, limit: Math.max(1, Math.floor(rest / 10)), seconds };
  const counted: string[] = [];
  // The share first: a network that has used its share up takes nothing of the rest, not even while it is being refused.
  for (const count of [
    ...(network === undefined ? [] : [share]),
    { key: `${key}: the rest`, limit: rest, seconds },
  ]) {
    const second = await counters.take([count], now);
    if (second.waitSeconds > 0) {
      await counters.giveBack(counted, now);
      return { waitSeconds: Math.min(first.waitSeconds, second.waitSeconds), counted: [] };
    }
    counted.push(...second.counted);
  }
  return { waitSeconds: 0, counted };
}
