import { TokenError } from "./errors.ts";

export type Sleep = (milliseconds: number) => Promise<void>;

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;
/** Who is told to wait longer than this should hear it, and not hang. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

/**
 * Does it again, at most so many times in all, while what fails may pass: after a wait that doubles, half of it random,
 * so that programs that failed together do not come back together; and not before `Retry-After`.
 * @param random from 0 to 1
 */
export async function withRetries<T>(
  attempts: number,
  work: () => Promise<T>,
  { sleep, random }: { readonly sleep: Sleep; readonly random: () => number },
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TokenError) || !error.passing || attempt >= attempts) throw error;
      const { retryAfterSeconds = 0 } = error;
      if (retryAfterSeconds > LONGEST_RETRY_AFTER_SECONDS) throw error;
      const backoff = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
      await sleep(Math.max(backoff * (0.5 + random() / 2), retryAfterSeconds * 1000));
    }
  }
}

/** `Retry-After` (RFC 9110 §10.2.3) in seconds from now: a number of them, or a date. */
export function retryAfterSeconds(headers: Headers, now: number): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
