import type { Auth } from "../../core/auth.ts";
import type { Guard } from "../../resource-server/guard.ts";
import type { OpenAnswers } from "./open-answers.ts";

type RecheckParts = {
  readonly guard: Pick<Guard, "identify">;
  readonly resource: string;
  readonly open: Pick<OpenAnswers, "opened" | "closeWhere">;
};

/**
 * Closes the answers to tokens that let no one in any more, or someone else: only verifying them again tells.
 * @returns the function that asks again about those of which that may be so, after what is being asked now.
 */
export function createRecheck({ guard, resource, open }: RecheckParts) {
  const recheck = async (opened: Auth) => {
    const headers = new Headers({ authorization: `Bearer ${opened.token}` });
    const now = await guard.identify({ method: "GET", url: resource, headers });
    // While that cannot be told, the revocation lease decides how long it stays open.
    const stays = "person" in now ? now.person.id === opened.person.id : now.status === 503;
    if (!stays) open.closeWhere((auth) => auth === opened);
  };
  // A provider that does not answer holds up its own tokens, and not ours.
  const [ours, ofProviders] = [oneByOne(recheck), oneByOne(recheck)];

  return (mayHaveEnded: (auth: Auth) => boolean): void => {
    for (const auth of open.opened()) {
      if (mayHaveEnded(auth)) (auth.grantId === null ? ofProviders : ours)(auth);
    }
  };
}

/** Returns what puts one more at the end of the queue, unless it waits already. One after the other: requests come first. */
function oneByOne<One>(work: (one: One) => Promise<void>): (one: One) => void {
  const waiting = new Set<One>();
  let isRunning = false;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    for (const one of waiting) {
      waiting.delete(one);
      await work(one);
    }
    isRunning = false;
  };
  return (one) => {
    waiting.add(one);
    void run();
  };
}
