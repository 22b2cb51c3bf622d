import type { NewLink } from "../../../authorization-server/sign-in/users/one-time-links.ts";
import { print, printError } from "../../output.ts";

const HOUR_MS = 60 * 60 * 1000;

/** How many hours a link works. */
export function hoursOf({ link }: NewLink): number {
  return Math.round((link.expiresAt - link.createdAt) / HOUR_MS);
}

/** The link alone on standard output, for programs; beside it, what it is for. */
export function printLink(made: NewLink, what: string): void {
  const hours = hoursOf(made);
  const within = hours === 1 ? "an hour" : `${hours} hours`;
  printError(
    `${what} It works once, within ${within}. Anyone who has it can use it: send it to no one else.`,
  );
  sayWhatLinksNeed();
  print(made.url);
}

/** What a server has is said by its code, which a command does not see. */
export function sayWhatLinksNeed(): void {
  printError("Your server needs users(), or users in SIGN_IN: without it, the link is a 404.");
}
