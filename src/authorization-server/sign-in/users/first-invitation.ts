import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Store } from "../../../store/store.ts";
import { LINK_HOURS, newLink } from "./one-time-links.ts";

export type FirstInvitationParts = {
  readonly store: Pick<Store, "listPeople" | "addLink">;
  readonly clock: Clock;
  readonly log: Pick<Log, "info">;
  readonly issuer: string;
  /** Whether what is printed goes to a terminal, and not into a log that others read. */
  readonly isTerminal: boolean;
};

/**
 * For a server whose directory is empty: makes a one-time invitation for the first person, where the operator sits at a terminal.
 * Elsewhere it says in the log which command makes one: a link in a log lets in everyone who reads that.
 * @returns the lines to print; undefined where there is nothing to print
 */
export async function firstInvitation(parts: FirstInvitationParts): Promise<string | undefined> {
  const { store, clock, log, issuer, isTerminal } = parts;
  const now = clock();
  const people = await store.listPeople({ now, limit: 1 });
  if (people.length > 0) return undefined;
  if (!isTerminal) {
    log.info("There are no people yet. To invite the first one, run: gatehouse person invite");
    return undefined;
  }
  const { url, link } = newLink({ purpose: "invitation", personId: null }, issuer, now);
  await store.addLink(link, {
    event: "person.invited",
    at: now,
    fields: { purpose: "invitation", address: undefined },
  });
  return `There are no people yet. Open this link to choose your username and password. It works once, within ${LINK_HOURS.invitation} hours:\n\n  ${url}\n`;
}
