import { pino } from "pino";
import * as delayed from "../../../../src/platform/logging.ts";

export { silentLog } from "../../../../src/platform/logging.ts";

/** Each line goes to pino's destination at once. It gathers what comes while a write is under way. */
export function createLog(options: Parameters<typeof delayed.createLog>[0]): delayed.Log {
  return delayed.createLog({ destination: pino.destination({ fd: 1, sync: false }), ...options });
}
