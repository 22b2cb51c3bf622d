/** Counts what is running, so that a shutdown can wait for it. */
export type InFlight = {
  /** Returns what says that it is finished; saying so twice counts once. */
  begin(): () => void;
  /** Resolves when nothing runs any more, or after so many milliseconds. */
  done(maximumMilliseconds: number): Promise<void>;
};

export function createInFlight(): InFlight {
  const running = new Set<symbol>();
  let allFinished: (() => void) | undefined;
  return {
    begin() {
      const one = Symbol();
      running.add(one);
      return () => {
        running.delete(one);
        if (running.size === 0) allFinished?.();
      };
    },
    async done(maximumMilliseconds) {
      if (running.size === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        allFinished = resolve;
        timer = setTimeout(resolve, maximumMilliseconds);
      });
      clearTimeout(timer);
    },
  };
}
