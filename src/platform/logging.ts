import { type DestinationStream, type Logger, pino } from "pino";
import { declarationOf, type EventFields, type SecurityEvent } from "../core/events.ts";
import { visible, visibleJson, visibleLines } from "./terminal.ts";

export type { SecurityEvent };

/** Where lines go. `Name` is narrower where some events have to go another way, through the audit log. */
export type Log<Name extends SecurityEvent = SecurityEvent> = {
  /** A security event. Fields are ids, names and reasons; never a token, a code, a secret or a password. */
  event<One extends Name>(name: One, fields: EventFields<One>): void;
  /** Something went wrong on our side. */
  error(message: string, fields: Readonly<Record<string, unknown>> & { readonly cause?: unknown }): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
};

/** @param destination where lines go; standard output unless a test collects them. */
export function createLog(options: {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  readonly pretty: boolean;
  readonly destination?: DestinationStream;
}): Log {
  return fromPino(
    options.pretty && !options.destination
      ? pino({
          level: options.level,
          base: null,
          hooks: { streamWrite: visibleLine },
          transport: {
            target: "pino-pretty",
            options: { ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss" },
          },
        })
      : pino(
          {
            level: options.level,
            base: null,
            timestamp: pino.stdTimeFunctions.isoTime,
            hooks: { streamWrite: visibleJson },
          },
          options.destination ?? standardOutput(),
        ),
  );
}

/** A log that keeps nothing: for tests and for embedding in programs with a log of their own. */
export const silentLog: Log = { event() {}, error() {}, info() {}, debug() {} };

let output: DestinationStream | undefined;

function standardOutput(): DestinationStream {
  output ??= inOneWrite(pino.destination({ fd: 1, sync: false }));
  return output;
}

/** How long a line may wait for others. A process that is killed outright loses what waits; no other does. */
const WAIT_MS = 10;

/** Lines go out together: a write, and the thread that does it, cost several times what a line does. */
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

/** For the pretty form, which decodes the JSON: what the values are goes to a terminal. */
function visibleLine(line: string): string {
  return `${JSON.stringify(visibleValue(JSON.parse(line)))}\n`;
}

function visibleValue(value: unknown, name?: string): unknown {
  if (typeof value === "string") return name === "stack" ? visibleLines(value) : visible(value);
  if (Array.isArray(value)) return value.map((one) => visibleValue(one));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [visible(key), visibleValue(member, key)]),
  );
}

function fromPino(logger: Logger): Log {
  return {
    event(name, fields) {
      const level = declarationOf(name).outcome === "refused" ? "warn" : "info";
      const line: object = { event: name, ...fields };
      logger[level](line, name);
    },
    error(message, { cause, ...fields }) {
      logger.error({ ...fields, ...(cause === undefined ? {} : { err: cause }) }, message);
    },
    info: (message, fields) => logger.info(fields ?? {}, message),
    debug: (message, fields) => logger.debug(fields ?? {}, message),
  };
}
