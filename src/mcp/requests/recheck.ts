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
  const waiting = new Set<Auth>();
  let isRunning = false;

  const recheck = async (opened: Auth) => {
    const headers = new Headers({ authorization: `Bearer ${opened.token}` });
    const now = await guard.identify({ method: "GET", url: resource, headers });
    // While that cannot be told, the revocation lease decides how long it stays open.
    const stays = "person" in now ? now.person.id === opened.person.id : now.status === 503;
    if (!stays) open.closeWhere((auth) => auth === opened);
  };

  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    // One after the other: requests come first.
    for (const auth of waiting) {
      waiting.delete(auth);
      await recheck(auth);
    }
    isRunning = false;
  };

  return (mayHaveEnded: (auth: Auth) => boolean): void => {
    for (const auth of open.opened()) if (mayHaveEnded(auth)) waiting.add(auth);
    void run();
  };
}
