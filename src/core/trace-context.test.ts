import { describe, expect, it } from "vitest";
import { readTraceContext } from "./trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const GOOD = `00-${TRACE}-${SPAN}-01`;

function read(traceparent: unknown, tracestate?: unknown, baggage?: unknown) {
  return readTraceContext({ traceparent, tracestate, baggage });
}

describe("traceparent (W3C Trace Context §3.2)", () => {
  it("names the trace, the caller's span, and whether it is recorded", () => {
    expect(read(GOOD)).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      flags: 1,
      tracestate: undefined,
      baggage: new Map(),
    });
    expect(read(`00-${TRACE}-${SPAN}-00`)?.flags).toBe(0);
    expect(read(`cc-${TRACE}-${SPAN}-01`)?.traceId).toBe(TRACE);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 7],
    ["an object that pretends", { toString: () => GOOD }],
    ["a list", [GOOD]],
    ["an empty text", ""],
    ["upper case", GOOD.toUpperCase()],
    ["version ff", `ff-${TRACE}-${SPAN}-01`],
    ["an empty trace", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["an empty span", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["a digit too few", GOOD.slice(0, -1)],
    ["a digit too many", `${GOOD}0`],
    ["something after it", `${GOOD}-${"a".repeat(100_000)}`],
    ["a line break", `${GOOD}\n`],
    ["two of them, as headers are joined", `${GOOD}, ${GOOD}`],
    ["other digits", GOOD.replace("0af", "０af")],
  ])("is ignored where it is %s, and all that stands beside it", (_what, traceparent) => {
    expect(read(traceparent, "vendor=1", "person=ada")).toBeUndefined();
  });
});

describe("tracestate", () => {
  it("goes on as it came", () => {
    expect(read(GOOD, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")?.tracestate).toBe(
      "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
    );
  });

  it.each([
    ["long", `a=${"b".repeat(511)}`],
    ["no text", 1],
    ["of several lines", "a=b\r\nx-injected: 1"],
  ])("is left out where it is %s; the trace is joined all the same", (_what, tracestate) => {
    expect(read(GOOD, tracestate)).toMatchObject({ traceId: TRACE, tracestate: undefined });
  });
});

describe("baggage (W3C Baggage §3.3)", () => {
  it("is names and values, percent-decoded, without properties", () => {
    expect(read(GOOD, undefined, "userId=alice , serverNode=DF%2028;ttl=1,empty=")?.baggage).toEqual(
      new Map([
        ["userId", "alice"],
        ["serverNode", "DF 28"],
        ["empty", ""],
      ]),
    );
  });

  it.each([
    ["a name with spaces", "user id=alice"],
    ["no name", "=alice"],
    ["no value", "alice"],
    ["a broken escape", "userId=%E0%A4%A"],
    ["more than we take", `userId=${"a".repeat(2048)}`],
    ["control characters", "userId=a\u0000"],
    ["no text", { userId: "alice" }],
  ])("is left out where it has %s", (_what, baggage) => {
    expect(read(GOOD, undefined, baggage)?.baggage).toEqual(new Map());
  });

  it("has so many entries and no more", () => {
    const many = Array.from({ length: 200 }, (_, i) => `n${i}=1`).join(",");
    expect(read(GOOD, undefined, many)?.baggage.size).toBe(32);
  });

  it("is a name like any other where it is called as objects have names", () => {
    expect([...(read(GOOD, undefined, "__proto__=1,constructor=2")?.baggage ?? [])]).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
    ]);
  });
});
