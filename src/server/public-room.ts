import { takeShare } from "../authorization-server/ceilings.ts";
import type { PublicRoom } from "../mcp/public/room.ts";
import { strangersNetwork } from "../platform/addresses.ts";
import type { Clock } from "../platform/clock.ts";
import { memoryCounters } from "../store/counters.ts";

export type PublicRoomParts = {
  readonly publicRequestsPerMinute: number;
  /** How many are answered at a time, streams among them. */
  readonly atOnce?: number | undefined;
  readonly clock: Clock;
};

const AT_ONCE = 1000;

/** In the memory of this instance: it is what they use up, and a write for each of them would be the larger cost. Decision 0053. */
export function createPublicRoom({
  publicRequestsPerMinute,
  atOnce = AT_ONCE,
  clock,
}: PublicRoomParts): PublicRoom {
  const ceiling = { key: "requests without a token", limit: publicRequestsPerMinute, seconds: 60 };
  const counters = memoryCounters();
  const places = createPlaces(atOnce);
  const countOne = async (network: string | undefined) =>
    (await takeShare(ceiling, network, counters, clock())).waitSeconds;
  return {
    async enter(address) {
      const network = strangersNetwork(address);
      const leave = places.take(network);
      if (!leave) return { waitSeconds: 1 };
      const waitSeconds = await countOne(network);
      if (waitSeconds === 0) return { leave };
      leave();
      return { waitSeconds };
    },
    async count(address, requests) {
      const network = strangersNetwork(address);
      for (let counted = 0; counted < requests; counted += 1) {
        const waitSeconds = await countOne(network);
        if (waitSeconds > 0) return waitSeconds;
      }
      return 0;
    },
  };
}

type Places = {
  /** Takes one. Returns what gives it back, undefined where there is none. */
  take(network: string | undefined): (() => void) | undefined;
};

/** Shared as ceilings are (decision 0031): half is for whoever comes first, and each network has a tenth of the rest. */
function createPlaces(total: number): Places {
  const half = Math.ceil(total / 2);
  const rest = total - half;
  const share = Math.max(1, Math.floor(rest / 10));
  const taken = { half: 0, rest: 0 };
  const byNetwork = new Map<string, number>();

  const change = (network: string, by: 1 | -1) => {
    const count = (byNetwork.get(network) ?? 0) + by;
    if (count === 0) byNetwork.delete(network);
    else byNetwork.set(network, count);
  };

  return {
    take(network) {
      if (taken.half < half) {
        taken.half += 1;
        return once(() => {
          taken.half -= 1;
        });
      }
      const hasShare = network === undefined || (byNetwork.get(network) ?? 0) < share;
      if (taken.rest >= rest || !hasShare) return undefined;
      taken.rest += 1;
      if (network !== undefined) change(network, 1);
      return once(() => {
        taken.rest -= 1;
        if (network !== undefined) change(network, -1);
      });
    },
  };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
