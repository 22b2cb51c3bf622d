import type { Keyring } from "./keyring.ts";

/**
 * What the logs have in place of a username that did not sign in: people type passwords there by mistake. Equal names
 * have equal marks, and without the master secret nobody finds the name to a mark, however many they try.
 */
export function usernameMark(username: string, keyring: Pick<Keyring, "mac">): string {
  return keyring.mac("username-mark", foldUsername(username));
}

/** Whether a mark, of this secret or an older one, is that of a username. */
export function isUsernameMark(
  mark: unknown,
  username: string,
  keyring: Pick<Keyring, "verifyMac">,
): boolean {
  return typeof mark === "string" && keyring.verifyMac("username-mark", foldUsername(username), mark);
}

/** However a directory forgives case, width or spaces: these are one name. */
export function foldUsername(username: string): string {
  return username.normalize("NFKC").trim().toLowerCase();
}
