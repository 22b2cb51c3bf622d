import {
  type Attributes,
  type Context,
  context,
  createTraceState,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { OAuthError } from "../../core/errors.ts";
import { readTraceContext, type SentTraceContext } from "../../core/trace-context.ts";
import { packageVersion } from "../version.ts";
import { type MessageSpan, type TracedMessage, type Tracing, untracedMessage } from "./tracing.ts";

// Loaded where an application has set up an SDK, and nowhere else. Names follow the semantic conventions of OpenTelemetry.

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** @param database the database system, by its name in the conventions. */
export function createTracing(database: string): Tracing {
  const tracer = trace.getTracer("mcp-gatehouse", packageVersion());

  return {
    request(route, request, work) {
      if (route.isQuiet) return work();
      const ambient = context.active();
      // Where something around us (the instrumentation of Node's HTTP, say) began a span for this request, we are inside.
      const isOutermost = trace.getSpan(ambient) === undefined;
      // No baggage: nobody is known yet, and it would travel on.
      const parent = isOutermost ? joined(ambient, sentHeaders(request), false) : ambient;
      const method = METHODS.has(request.method) ? request.method : undefined;
      const name = [method ?? "HTTP", route.path].filter((part) => part !== undefined).join(" ");
      const span = tracer.startSpan(
        name,
        {
          kind: isOutermost ? SpanKind.SERVER : SpanKind.INTERNAL,
          attributes: {
            "http.request.method": method ?? "_OTHER",
            "url.scheme": new URL(request.url).protocol.slice(0, -1),
            ...(route.path !== undefined && { "http.route": route.path, "url.path": route.path }),
          },
        },
        parent,
      );
      return within(span, parent, work, ({ status }) => {
        span.setAttribute("http.response.status_code", status);
        if (status >= 500) fail(span, String(status));
      });
    },

    operation(name, work) {
      const parent = context.active();
      // What nobody outside asked for (the janitor, a probe) would be a trace of its own, over and over.
      if (trace.getSpan(parent) === undefined) return work();
      const attributes = { "db.system.name": database, "db.operation.name": name };
      return within(tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent), parent, work);
    },

    fetch(method, url, work, statusOf) {
      const parent = context.active();
      if (trace.getSpan(parent) === undefined) return work();
      const attributes = { "http.request.method": method, ...addressOf(url) };
      const span = tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes }, parent);
      return within(span, parent, work, (answer) => {
        if (!statusOf) return;
        const status = statusOf(answer);
        span.setAttribute("http.response.status_code", status);
        if (status >= 400) fail(span, String(status));
      });
    },

    message(read) {
      const message = read();
      if (!message) return untracedMessage;
      const ambient = context.active();
      const parent = joined(ambient, message.context, true);
      // The sender's span is the parent, however the message travelled; the request that carried it is linked.
      const carrier = parent === ambient ? undefined : trace.getSpanContext(ambient);
      const span = tracer.startSpan(
        nameOf(message),
        {
          kind: SpanKind.SERVER,
          attributes: attributesOf(message),
          links: carrier ? [{ context: carrier }] : [],
        },
        parent,
      );
      return messageSpan(span, trace.setSpan(parent, span));
    },
  };
}

/** Does work inside of a span, which ends with it. */
async function within<T>(
  span: Span,
  parent: Context,
  work: () => Promise<T>,
  onAnswer?: (answer: T) => void,
): Promise<T> {
  try {
    const answer = await context.with(trace.setSpan(parent, span), work);
    onAnswer?.(answer);
    return answer;
  } catch (error) {
    fail(span, errorType(error));
    throw error;
  } finally {
    span.end();
  }
}

function messageSpan(span: Span, inside: Context): MessageSpan {
  return {
    run: (work) => context.with(inside, work),
    end(failure) {
      const what = span.isRecording() ? failure() : undefined;
      if (what !== undefined) fail(span, what);
      span.end();
    },
  };
}

/** The same context, below the span that the sender names; unchanged where that cannot be told. */
function joined(ambient: Context, sent: SentTraceContext, withBaggage: boolean): Context {
  const remote = readTraceContext(sent);
  if (!remote) return ambient;
  const { traceId, spanId, flags: traceFlags, tracestate, baggage } = remote;
  const parent = trace.setSpanContext(ambient, {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  });
  if (!withBaggage || baggage.size === 0) return parent;
  const entries = [...baggage].map(([name, value]) => [name, { value }] as const);
  return propagation.setBaggage(parent, propagation.createBaggage(Object.fromEntries(entries)));
}

function sentHeaders({ headers }: Request): SentTraceContext {
  return { traceparent: headers.get("traceparent"), tracestate: headers.get("tracestate") };
}

function nameOf({ method, tool, prompt, isRegistered }: TracedMessage): string {
  const target = isRegistered ? (tool ?? prompt) : undefined;
  return target === undefined ? method : `${method} ${target}`;
}

function attributesOf({ method, tool, prompt, id, protocolVersion }: TracedMessage): Attributes {
  return {
    "mcp.method.name": method,
    "network.transport": "tcp",
    "network.protocol.name": "http",
    ...(tool !== undefined && { "gen_ai.tool.name": tool, "gen_ai.operation.name": "execute_tool" }),
    ...(prompt !== undefined && { "gen_ai.prompt.name": prompt }),
    ...(id !== undefined && { "jsonrpc.request.id": id }),
    ...(protocolVersion !== undefined && { "mcp.protocol.version": protocolVersion }),
  };
}

/** Without user name, query and fragment, where secrets stand. */
function addressOf(text: string): Attributes {
  const url = URL.parse(text);
  if (!url) return {};
  return {
    "url.full": `${url.origin}${url.pathname}`,
    "server.address": url.hostname,
    "server.port": Number(url.port || (url.protocol === "https:" ? 443 : 80)),
  };
}

/** No message of an error: it may say what it was about. */
function fail(span: Span, type: string): void {
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function errorType(error: unknown): string {
  if (error instanceof OAuthError) return error.code;
  return error instanceof Error ? error.name : "_OTHER";
}
