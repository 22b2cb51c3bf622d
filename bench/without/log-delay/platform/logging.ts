import { type DestinationStream, pino } from "pino";
import * as direct from "../../../../src/platform/logging.ts";

export { silentLog } from "../../../../src/platform/logging.ts";

export function createLog(options: Parameters<typeof direct.createLog>[0]): direct.Log {
  return direct.createLog({ destination: inOneWrite(pino.destination({ fd: 1, sync: false })), ...options });
}
const WAIT_MS = 10;
function inOneWrite(destination: ReturnType<typeof pino.destination>): DestinationStream {
  let lines = "";
  const flush = () => {
    if (lines !== "") destination.write(lines);
    lines = "";
  };
  process.once("exit", () => {
    if (lines === "") return;
    flush();
    destination.flushSync();
  });
  return {
    write(line) {
      if (lines === "") setTimeout(flush, WAIT_MS).unref();
      lines += line;
    },
  };
}
