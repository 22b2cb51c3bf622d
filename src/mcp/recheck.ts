import type { Auth } from "../core/auth.ts";
import type { Guard } from "../resource-server/guard.ts";
import type { Streams } from "./streams.ts";

type RecheckParts = {
  readonly guard: Pick<Guard, "identify">;
  readonly resource: string;
  readonly streams: Pick<Streams, "opened" | "closeWhere">;
};

/**
 * Closes the streams of a provider's token that lets no one in any more, or someone else: where a person has changed, only
 * verifying the token again tells whether it is about them.
 * @returns the function that asks about all of them again, after what is being asked now.
 */
export function createRecheck({ guard, resource, streams }: RecheckParts): () => void {
  let isRequested = false;
  let isRunning = false;

  const recheck = async (opened: Auth) => {
    const headers = new Headers({ authorization: `Bearer ${opened.token}` });
    const now = await guard.identify({ method: "GET", url: resource, headers });
    // While that cannot be told, the revocation lease decides how long it stays open.
    const stays = "person" in now ? now.person.id === opened.person.id : now.status === 503;
    if (!stays) streams.closeWhere((auth) => auth === opened);
  };

  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    while (isRequested) {
      isRequested = false;
      // One after the other: requests come first.
      for (const auth of streams.opened()) if (auth.grantId === null) await recheck(auth);
    }
    isRunning = false;
  };

  return () => {
    isRequested = true;
    void run();
  };
}
