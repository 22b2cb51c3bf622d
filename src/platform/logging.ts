import { type DestinationStream, type Logger, pino } from "pino";

/** The security events: one line each. `docs/events.md` lists what fields each one carries. */
export type SecurityEvent =
  | "client.registered"
  | "client.refused"
  | "client.token"
  | "sign_in.ok"
  | "sign_in.failed"
  | "sign_in.slowed"
  | "authorization.refused"
  | "consent.approved"
  | "consent.denied"
  | "code.redeemed"
  | "code.reused"
  | "refresh.rotated"
  | "refresh.repeated"
  | "refresh.healed"
  | "refresh.reused"
  | "token.refused"
  | "request.refused"
  | "grant.revoked"
  | "guard.refused";

export type Log = {
  /** A security event. Fields are ids, names and reasons; never a token, a code, a secret or a password. */
  event(name: SecurityEvent, fields: Readonly<Record<string, unknown>>): void;
  /** Something went wrong on our side. */
  error(message: string, fields: Readonly<Record<string, unknown>> & { readonly cause?: unknown }): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
};

/** Events that mean somebody was refused: they are warnings. */
const REFUSALS = /\.(refused|failed|error|slowed|reused)$/;

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
          transport: {
            target: "pino-pretty",
            options: { ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss" },
          },
        })
      : pino(
          { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
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

/** The lines of one turn of the event loop go out together: a write costs several times what a line does. */
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
      if (lines === "") setImmediate(flush);
      lines += line;
    },
  };
}

function fromPino(logger: Logger): Log {
  return {
    event(name, fields) {
      const level = REFUSALS.test(name) ? "warn" : "info";
      logger[level]({ event: name, ...fields }, name);
    },
    error(message, { cause, ...fields }) {
      logger.error({ ...fields, ...(cause === undefined ? {} : { err: cause }) }, message);
    },
    info: (message, fields) => logger.info(fields ?? {}, message),
    debug: (message, fields) => logger.debug(fields ?? {}, message),
  };
}
