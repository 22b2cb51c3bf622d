import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** The spans of this test file, which an SDK collects as an application sets it up: before anything is opened. */
export type Spans = {
  /** Those that have ended, in the order in which they did. */
  ended(): readonly ReadableSpan[];
  named(name: string): ReadableSpan;
  forget(): void;
};

export function collectSpans(): Spans {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    ended: () => exporter.getFinishedSpans(),
    named(name) {
      const found = exporter.getFinishedSpans().filter((span) => span.name === name);
      const [span] = found;
      if (!span || found.length > 1) {
        const names = exporter.getFinishedSpans().map((each) => each.name);
        throw new Error(`${found.length} spans are called ${name}; there are: ${names.join(", ")}`);
      }
      return span;
    },
    forget: () => exporter.reset(),
  };
}

export function spanIdOf(span: ReadableSpan): string {
  return span.spanContext().spanId;
}

export function traceIdOf(span: ReadableSpan): string {
  return span.spanContext().traceId;
}
