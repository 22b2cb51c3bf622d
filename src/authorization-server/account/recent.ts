import type { CurrentSignIn } from "../people/browser-binding.ts";

const RECENT_MS = 5 * 60 * 1000;

/** Whether a sign-in is new enough to change something: a browser that was left open, or a cookie that was stolen, is not. */
export function isRecent({ authenticatedAt }: Pick<CurrentSignIn, "authenticatedAt">, now: number): boolean {
  return now - authenticatedAt <= RECENT_MS;
}
