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
      : pino({ ...JSON_LINES, level: options.level }, options.destination ?? standardOutput()),
  );
}

/** A log that keeps nothing: for tests and for embedding in programs with a log of their own. */
export const silentLog: Log = { event() {}, error() {}, info() {}, debug() {} };

const JSON_LINES = {
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  hooks: { streamWrite: (line: string) => visibleJson(line.length > LONGEST_LINE ? shortened(line) : line) },
} as const;

/** Characters. What a tool throws may hold all that its caller sent, and must not push out the lines beside it. */
const LONGEST_LINE = 2 ** 16;
const LONGEST_TEXT = 2 ** 12;

/** The same line with its long texts cut; without its fields where there are too many. */
function shortened(line: string): string {
  const short = JSON.stringify(JSON.parse(line), (_name, value: unknown) =>
    typeof value === "string" && value.length > LONGEST_TEXT
      ? `${value.slice(0, LONGEST_TEXT)} … (${value.length} characters)`
      : value,
  );
  if (short.length <= LONGEST_LINE) return `${short}\n`;
  const { level, time, event, msg } = JSON.parse(short);
  return `${JSON.stringify({ level, time, event, msg, cut: "too long for the log" })}\n`;
}

let output: DestinationStream | undefined;

/** One for all logs of a process. */
function standardOutput(): DestinationStream {
  output ??= openOutput();
  return output;
}

/** So much waits for a slow reader. Lines beyond it are lost: the server goes on, and its memory stays bounded. */
const MOST_WAITING_BYTES = 2 ** 20;
const RETRY_MS = 10;
/** How long an exit waits for a slow reader. */
const LAST_LINES_MS = 500;

/** Lines of one turn of the event loop are written together, up to so many characters. */
const MOST_TOGETHER = 2 ** 14;

/**
 * Lines are written in the turn that makes them, and an exit leaves none behind that came before its handlers. Only what a full pipe refuses waits; it refuses
 * instead of blocking since pino has opened `process.stdout`.
 */
function openOutput(): DestinationStream {
  const destination = pino.destination({
    sync: true,
    maxLength: MOST_WAITING_BYTES,
    // With true, pino sleeps until there is room.
    retryEAGAIN: () => false,
  });
  let lines = "";
  const flush = () => {
    destination.write(lines);
    lines = "";
  };
  let retry: NodeJS.Timeout | undefined;
  let lost = 0;
  const writeWaiting = () => {
    retry = undefined;
    flush();
    if (retry || lost === 0) return;
    pino(JSON_LINES, destination).warn({ lost }, "log lines were lost: more came than was read");
    lost = 0;
  };
  destination.on("drop", (dropped: string) => {
    lost += dropped.split("\n").length - 1;
  });
  // A full pipe or disk may have room again. A pipe that nobody reads any more stays as it is.
  destination.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (code !== "EPIPE") retry ??= setTimeout(writeWaiting, RETRY_MS).unref();
  });
  process.once("exit", () => {
    flush();
    const until = performance.now() + LAST_LINES_MS;
    while (retry && performance.now() < until) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      writeWaiting();
    }
  });
  return {
    write(line) {
      if (lines === "") setImmediate(flush);
      lines += line;
      if (lines.length > MOST_TOGETHER) flush();
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
