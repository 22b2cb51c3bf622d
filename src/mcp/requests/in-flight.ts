/** The requests that are under way, so that a shutdown can wait for them. */
export type InFlight = {
  /** Counts one more. Returns what says that it is finished (twice counts once); undefined once a shutdown waits. */
  begin(): (() => void) | undefined;
  /** Lets no more in. Resolves when nothing is under way any more, or after so many milliseconds. */
  drain(maximumMilliseconds: number): Promise<void>;
  /** Whether the waiting is over: what still comes of a request comes too late. */
  isDrained(): boolean;
};

/** The process has five seconds to exit after SIGTERM. */
export const DRAIN_MILLISECONDS = 3000;

export function createInFlight(): InFlight {
  const running = new Set<symbol>();
  let state: "open" | "draining" | "drained" = "open";
  let allFinished: (() => void) | undefined;
  return {
    begin() {
      if (state !== "open") return undefined;
      const one = Symbol();
      running.add(one);
      return () => {
        running.delete(one);
        if (running.size === 0) allFinished?.();
      };
    },
    async drain(maximumMilliseconds) {
      if (state === "open") state = "draining";
      if (running.size > 0) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          allFinished = resolve;
          timer = setTimeout(resolve, maximumMilliseconds);
        });
        clearTimeout(timer);
      }
      state = "drained";
    },
    isDrained: () => state === "drained",
  };
}
