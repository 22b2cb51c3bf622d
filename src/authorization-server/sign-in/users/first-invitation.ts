import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Store } from "../../../store/store.ts";
import type { Print } from "../method.ts";
import { LINK_HOURS, newLink } from "./one-time-links.ts";

export type FirstInvitationParts = {
  readonly store: Pick<Store, "listPeople" | "addLink">;
  readonly clock: Clock;
  readonly log: Pick<Log, "info">;
  readonly issuer: string;
  readonly howToRun: ((command: string) => string) | undefined;
};

/**
 * For a server whose directory is empty, when it starts: makes a one-time invitation for the first person, where the operator sits at
 * a terminal. Elsewhere it says in the log which command makes one: a link in a log lets in everyone who reads that. Each start
 * makes another link, since the one before may be lost; it works until its time is over, as every invitation does.
 * @param print writes to the terminal; undefined where there is none
 */
export async function inviteFirstPerson(
  { store, clock, log, issuer, howToRun }: FirstInvitationParts,
  print: Print | undefined,
): Promise<void> {
  const now = clock();
  const people = await store.listPeople({ now, limit: 1 });
  if (people.length > 0) return;
  if (!print) {
    log.info(
      howToRun
        ? `There are no people yet. To invite the first one, ${howToRun("person invite")}`
        : "There are no people yet, and no command reaches a database in memory. To add people, set the option database.",
    );
    return;
  }
  const { url, link } = newLink({ purpose: "invitation", personId: null }, issuer, now);
  await store.addLink(link, {
    event: "person.invited",
    at: now,
    fields: { purpose: "invitation", address: undefined },
  });
  print(
    `There are no people yet. Open this link to choose your username and password. It works once, within ${LINK_HOURS.invitation} hours:\n\n  ${url}\n\n`,
  );
}
