import type { SentTraceContext } from "../../core/trace-context.ts";
import { type Instrument, notInstrumented } from "./instrument.ts";

/** Spans of what the server does. Wired at the entry points; where nobody collects any, {@link noTracing}. */
export type Tracing = {
  /** A request from outside and its answer, below the span of who sent it. */
  readonly request: Instrument;
  /** An operation of the store. */
  operation<T>(operation: string, work: () => Promise<T>): Promise<T>;
  /** A request of ours to somebody else. `statusOf` says how it was answered, where the answer tells. */
  fetch<T>(method: string, url: string, work: () => Promise<T>, statusOf?: (answer: T) => number): Promise<T>;
  /** Begins the span of an MCP message; `read` is called where there will be one. */
  message(read: () => TracedMessage | undefined): MessageSpan;
};

/** What is said of an MCP message. Nothing of what it asks about, and no argument. */
export type TracedMessage = {
  /** One of those that the protocol has. */
  readonly method: string;
  readonly tool?: string | undefined;
  readonly prompt?: string | undefined;
  /** Whether that tool or prompt is one of ours: only then it may be in the name of the span. */
  readonly isRegistered: boolean;
  readonly id: string | undefined;
  readonly protocolVersion: string | undefined;
  /** Where the sender is in a trace, as `_meta` says (SEP-414). */
  readonly context: SentTraceContext;
};

export type MessageSpan = {
  /** Does the work inside of the span. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** @param failure what went wrong, as a word or a code; called where somebody wants to know. */
  end(failure: () => string | undefined): void;
};

export const untracedMessage: MessageSpan = { run: (work) => work(), end() {} };

/** Keeps nothing, and costs nothing. */
export const noTracing: Tracing = {
  request: notInstrumented,
  operation: (_verb, work) => work(),
  fetch: (_method, _url, work) => work(),
  message: () => untracedMessage,
};

/**
 * Where every copy of `@opentelemetry/api` 1.x keeps what an application has set up. To look there costs nothing; to load
 * the API only to hear from it that there is nothing would cost every start ten milliseconds.
 */
const SET_UP = Symbol.for("opentelemetry.js.api.1");

/** Whether the application has set up OpenTelemetry. */
export function isTracingSetUp(): boolean {
  return SET_UP in globalThis;
}
