import { pino } from "pino";
import * as together from "../../../../src/platform/logging.ts";

export { silentLog } from "../../../../src/platform/logging.ts";

/** Each line is a write. */
export function createLog(options: Parameters<typeof together.createLog>[0]): together.Log {
  return together.createLog({ destination: pino.destination({ fd: 1, sync: true }), ...options });
}
