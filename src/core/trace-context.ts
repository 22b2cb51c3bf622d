/** A caller's place in a trace (W3C Trace Context). */
export type TraceContext = {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the caller's span. */
  readonly spanId: string;
  /** 0 to 255; its lowest bit says that the caller records the trace. */
  readonly flags: number;
  /** What tracing systems add of their own, as it came. */
  readonly tracestate: string | undefined;
  /** What the application along the trace wants to be known (W3C Baggage): name → value. */
  readonly baggage: ReadonlyMap<string, string>;
};

/** What came, of whatever kind: a stranger wrote it. */
export type SentTraceContext = {
  readonly traceparent: unknown;
  readonly tracestate: unknown;
  readonly baggage?: unknown;
};

/** Version 00, whose parts a later version keeps (W3C Trace Context §3.2.2). Ids that are all zeros are none. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})(?<traceId>[0-9a-f]{32})-(?!0{16})(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;
/** As much as everybody must pass on (W3C Trace Context §3.3.1.5). */
const LONGEST_TRACESTATE = 512;
/** Less than the 8192 that a sender may send (W3C Baggage §3.3.2): it travels on with every call of ours. */
const LONGEST_BAGGAGE = 2048;
const MOST_ENTRIES = 32;
const PRINTABLE = /^[\x20-\x7e]+$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Undefined where it is not what the specification says, or where there is none. What stands beside it is left out then. */
export function readTraceContext(sent: SentTraceContext): TraceContext | undefined {
  const { traceparent, tracestate, baggage } = sent;
  const parts = typeof traceparent === "string" ? TRACEPARENT.exec(traceparent)?.groups : undefined;
  if (!parts) return undefined;
  const { traceId = "", spanId = "", flags = "" } = parts;
  return {
    traceId,
    spanId,
    flags: Number.parseInt(flags, 16),
    tracestate: bounded(tracestate, LONGEST_TRACESTATE),
    baggage: readBaggage(bounded(baggage, LONGEST_BAGGAGE)),
  };
}

function bounded(sent: unknown, longest: number): string | undefined {
  return typeof sent === "string" && sent.length <= longest && PRINTABLE.test(sent) ? sent : undefined;
}

/** W3C Baggage §3.3.1: `name=value;property, …`. Properties are left out, and so is what cannot be read. */
function readBaggage(text: string | undefined): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const member of text?.split(",", MOST_ENTRIES) ?? []) {
    const [pair = ""] = member.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    const value = decoded(pair.slice(at + 1).trim());
    if (at > 0 && TOKEN.test(name) && value !== undefined) entries.set(name, value);
  }
  return entries;
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
