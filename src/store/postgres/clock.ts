import { type Clock, steadyClock, systemClock } from "../../platform/clock.ts";
import { followClock } from "../../platform/followed-clock.ts";
import type { Log } from "../../platform/logging.ts";
import type { Run } from "../migrate.ts";
import type { Query } from "../query.ts";

/** The clock that all instances go by: the database's. */
export type DatabaseClock = {
  readonly now: Clock;
  /** Asks the database what time it is. */
  compare(run: Run): Promise<void>;
};

const ATTEMPTS = 3;
/** Less than this is what clocks that are kept right are off by. */
const WORTH_SAYING_MS = 1000;

const TIME: Query<number> = {
  sql: "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now",
  parameters: [],
  parse: (row) => (row as { readonly now: number }).now,
};

export function databaseClock(log: Log): DatabaseClock {
  // Until the next comparison, which may be an outage away, a machine whose clock is set must not take the time along.
  const ours = steadyClock();
  const clock = followClock(ours);
  let said = 0;

  const compareOnce = async (run: Run): Promise<boolean> => {
    const askedAt = ours();
    const [theirs = askedAt] = await run(TIME);
    return clock.compare(theirs, askedAt, ours());
  };

  return {
    now: clock.now,
    async compare(run) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        if (!(await compareOnce(run))) continue;
        const ahead = systemClock() - clock.now();
        if (Math.abs(ahead - said) >= WORTH_SAYING_MS) {
          said = ahead;
          log.info("this machine's clock differs from the database's, which is used", {
            aheadMilliseconds: ahead,
          });
        }
        return;
      }
    },
  };
}
